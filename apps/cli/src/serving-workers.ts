import { outputPart } from '@ringback/config';
import { type RunningProcess, runningProcesses } from '@ringback/queue';

type Access = Parameters<typeof runningProcesses>[0];

/** Their settings count, not our own. */
export async function servingWorkers(access: Access, output: string): Promise<RunningProcess[]> {
  const running = await runningProcesses(access);
  return running.filter(({ app, parts }) => app === 'worker' && outputPart(output) in parts);
}
