import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Config } from '@ringback/config';
import type { Logger } from '@ringback/contracts';
import { createHandOver } from '@ringback/history';
import { connectUnheard, redisClock, shardsOf } from '@ringback/redis';
import { createRefusalCounts, type Refusal } from './refusal-counts.ts';

export type RefusalHistory = {
  readonly count: (refusal: Refusal) => void;
  /** Tells what is left, for a bounded time. */
  close(): Promise<void>;
};

/** Counts refusals for the history. Undefined: there is none. */
export function openRefusalHistory(settings: () => Config, logger: Logger): RefusalHistory | undefined {
  const { redis, ingress, history } = settings();
  if (history === undefined) return undefined;
  // They belong to no callback, so shard 0 has them all.
  const [shard] = shardsOf(redis);
  const connection = connectUnheard({ ...shard, name: 'ringback-ingress-history', timeout: ingress.enqueueTimeout });
  const { now } = redisClock(connection);
  const most = () => (settings().history?.buffer ?? 0) / redis.shards;
  const handOver = createHandOver({ redis: connection, prefix: shard.prefix, most, now, logger });
  const counts = createRefusalCounts({
    ...handOver,
    process: `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`,
    now: Date.now,
  });
  return {
    count: counts.count,
    async close() {
      await counts.close();
      handOver.close();
      connection.disconnect();
    },
  };
}
