import { runKeptMoves } from '@ringback/history';
import type { HistoryShard } from './work.ts';

/** Brings what waits for a person out of this shard's Redis. */
export async function restKept({ config, store, shard, connect, stop, logger }: HistoryShard): Promise<void> {
  const { redis, clock } = connect('ringback-resting');
  const outputs = config.outputs.map(({ name }) => name);
  const { maxCount: mostQuarantined } = config.quarantine;
  await runKeptMoves({ redis, prefix: shard.prefix, rest: store.rest, outputs, mostQuarantined, now: clock.now, stop, logger });
}
