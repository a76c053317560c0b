import { homeShardOf, SILENT } from '@ringback/contracts';
import { createHandOver, type ParkedOutput, runShardParking } from '@ringback/history';
import { createBacklogBound, parks } from '@ringback/queue';
import { createRedisWatch } from '@ringback/redis';
import type { HistoryShard } from './work.ts';

/** Parks what outputs hold beyond their backlog in this shard, and brings it back. */
export async function parkDeliveries(options: HistoryShard): Promise<void> {
  const { config, store, shard, number, connect, wake, dropped, stop, logger } = options;
  const { redis, clock } = connect('ringback-parking');
  const { prefix } = shard;
  // The worker's own watch logs what Redis says.
  const memory = createRedisWatch({ ...config.redis, redis, prefix, now: () => performance.now(), logger: SILENT });
  const most = () => Math.min(config.history.buffer, memory.roomTo(config.redis.overload.memory.low) / 2) / config.redis.shards;
  const { now } = clock;
  const history = createHandOver({ redis, prefix, most, now, onDropped: dropped, logger });
  await runShardParking({
    redis,
    prefix,
    window: config.dedupe.window,
    rest: store.rest,
    outputs: config.outputs.flatMap((output) => parkedOutput(output, options, memory.maxmemory)),
    memory,
    handOver: history.handOver,
    wake: (output) => wake(output, number),
    now,
    stop,
    logger,
  });
  history.close();
  memory.close();
}

type Output = HistoryShard['config']['outputs'][number];

/** Empty: its lane is in another shard. */
function parkedOutput(output: Output, { config, number }: HistoryShard, maxmemory: () => number): ParkedOutput[] {
  const { shards } = config.redis;
  const alone = output.delivery.rateLimit !== undefined;
  if (alone && homeShardOf(output.name, shards) !== number) return [];
  // This thread cannot tell which shards have a primary in common: as if all had.
  const bound = createBacklogBound({
    ...config,
    outputCount: () => config.outputs.length,
    output,
    alone,
    maxmemory,
    sharing: () => shards,
  });
  const place = alone || shards === 1 ? undefined : { number, of: shards };
  return [{ output: output.name, parks: parks(config, output), bound, place }];
}
