import type { Config } from '@ringback/config';
import { partOfShard } from '@ringback/contracts';
import type { BacklogBound } from '@ringback/queue';

/** The rest of the memory is left to others. */
const SHARE_OF_ALL = 0.5;

export type BacklogBoundOptions = {
  readonly redis: Config['redis'];
  /** Outputs come and go while the worker runs. */
  readonly outputCount: () => number;
  readonly output: Pick<Config['outputs'][number], 'delivery'>;
  /** All that waits for it is in one shard, which has the whole of its bound. */
  readonly alone: boolean;
  /** Bytes. 0: Redis has no limit. */
  readonly maxmemory: () => number;
  /** How many shards have the memory in common, this one included. */
  readonly sharing: () => number;
};

/** What an output may have in one shard. As of now: what Redis says of its memory may change. */
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
export function parks({ history }: Pick<Config, 'history'>, { delivery }: BacklogBoundOptions['output']): boolean {
  return history !== undefined && delivery.backlog.over === 'hold';
}
