import { type RunningProcess, runningProcesses } from '@ringback/queue';
import { writeRefusal } from '@ringback/redis';
import type { ShardPlace } from '../places.ts';

/** Asks shard 0. Undefined: no worker is known, and none could tell, since Redis takes no writes. */
export async function knownProcesses(home: ShardPlace): Promise<readonly RunningProcess[] | undefined> {
  const running = await runningProcesses(home);
  const isKnown = running.some(({ app }) => app === 'worker') || (await writeRefusal(home)) === undefined;
  return isKnown ? running : undefined;
}
