import { type DeliverySettings, partOfShard } from '@ringback/contracts';
import type { OverloadSettings } from '@ringback/redis';
import type { BacklogBound } from './bodies/bodies.ts';

/** The rest of the memory is left to others. */
const SHARE_OF_ALL = 0.5;

type Output = { readonly delivery: Pick<DeliverySettings, 'backlog'> };

export type BacklogBoundOptions = {
  readonly redis: { readonly shards: number; readonly overload: Pick<OverloadSettings, 'memory'> };
  /** Outputs come and go while the worker runs. */
  readonly outputCount: () => number;
  readonly output: Output;
  /** All that waits for it is in one shard, which has the whole of its bound. */
  readonly alone: boolean;
  /** Bytes. 0: Redis has no limit. */
  readonly maxmemory: () => number;
  /** How many shards have the memory in common, this one included. */
  readonly sharing: () => number;
};

/** What an output may have in one shard. It follows what Redis says of its memory now. */
export function createBacklogBound(options: BacklogBoundOptions): () => BacklogBound {
  const { redis, outputCount, output, alone, maxmemory, sharing } = options;
  const { max, maxCount } = output.delivery.backlog;
  const { shards, overload } = redis;
  const inShard = (whole: number) => (alone ? whole : partOfShard(whole, shards));
  const byDefault = () => (overload.memory.high * SHARE_OF_ALL) / Math.max(1, outputCount());
  const held = maxCount === undefined ? undefined : inShard(maxCount);

  function bytes(): number | undefined {
    if (max !== undefined && 'bytes' in max) return inShard(max.bytes);
    if (maxmemory() === 0) return undefined;
    const whole = Math.floor(maxmemory() * (max?.share ?? byDefault()));
    return alone ? whole : Math.ceil(whole / Math.max(1, sharing()));
  }
  return () => ({ bytes: bytes(), held });
}

/** Whether what is beyond the bound goes to the history. */
export function parks({ history }: { readonly history?: object | undefined }, { delivery }: Output): boolean {
  return history !== undefined && delivery.backlog.over === 'hold';
}
