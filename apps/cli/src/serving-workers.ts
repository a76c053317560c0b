import { outputPart } from '@ringback/config';
import { type RunningProcess, runningProcesses } from '@ringback/queue';

type Access = Parameters<typeof runningProcesses>[0];

/** The workers that run with an output in their settings. What waits for it is theirs, whatever our own settings say. */
export async function servingWorkers(access: Access, output: string): Promise<RunningProcess[]> {
  const running = await runningProcesses(access);
  return running.filter(({ app, parts }) => app === 'worker' && outputPart(output) in parts);
}
