import { runWriter } from '@ringback/history';
import type { HistoryShard } from './work.ts';

/** ms after `stop`. What is left then waits in Redis for another writer. */
const DRAIN_MS = 3000;

/** Brings the events of the shard to the store. */
export async function writeEvents({ shard, connect, ...rest }: HistoryShard): Promise<void> {
  const { redis, clock } = connect('ringback-history');
  await runWriter({ ...rest, redis, prefix: shard.prefix, now: clock.now, drainFor: DRAIN_MS });
}
