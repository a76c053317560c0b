import { outputPart } from '@ringback/config';
import type { RunningProcess } from '@ringback/queue';

/** Their settings count, not our own. */
export function servingWorkers(running: readonly RunningProcess[], output: string): RunningProcess[] {
  return running.filter(({ app, parts }) => app === 'worker' && outputPart(output) in parts);
}
