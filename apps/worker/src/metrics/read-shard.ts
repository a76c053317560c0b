import { type BufferState, readBufferState } from '@ringback/history';
import {
  CALLBACKS,
  type OutputBacklog,
  QUARANTINE,
  type QueueDepths,
  type QueueFacts as Standing,
  readBacklog,
  readOutputQueues,
  readQueues,
  readRouteCounts,
  UNROUTED,
} from '@ringback/queue';
import { redisTime } from '@ringback/redis';
import type { Redis } from 'ioredis';

export type ReadOptions = {
  readonly redis: Redis;
  readonly prefix: string;
  /** Current value; settings may reload. */
  readonly outputs: () => readonly string[];
  readonly history: boolean;
};

/** `age`: ms of what waits longest; 0 if nothing does. */
type QueueFacts = QueueDepths & { readonly age: number; readonly paused: boolean };

export type ShardFacts = {
  /** By the name of the queue: `callbacks`, `output.crm`, `quarantine`, `unrouted`. */
  readonly queues: ReadonlyMap<string, QueueFacts>;
  readonly backlog: ReadonlyMap<string, OutputBacklog>;
  /** Callbacks that were lost, since the quarantine was full, by code. */
  readonly unkept: readonly { readonly name: string; readonly count: number }[];
  /** Absent: there is no history. */
  readonly history?: BufferState | undefined;
  /** ms. */
  readonly roundTrip: number;
  /** ms since the epoch, by Redis's clock. */
  readonly now: number;
};

export const queueOf = (output: string) => `output.${output}`;

/** Reads what stands in one shard. */
export function createShardReader({ outputs, history, ...access }: ReadOptions): () => Promise<ShardFacts | undefined> {
  const { redis } = access;

  return async () => {
    // A command would wait until it is back.
    if (redis.status !== 'ready') return undefined;
    const began = performance.now();
    const now = await redisTime(redis);
    const roundTrip = performance.now() - began;
    const [queues, backlog, { unkept }, buffer] = await Promise.all([
      readAll(access, outputs()),
      readBacklog(access),
      readRouteCounts(access),
      history ? readBufferState(access) : undefined,
    ]);
    return {
      queues: new Map(queues.map(([name, queue]) => [name, factsOf(queue, now)])),
      backlog,
      unkept,
      history: buffer,
      roundTrip,
      now,
    };
  };
}

const OWN = [CALLBACKS, QUARANTINE, UNROUTED];

async function readAll(access: Pick<ReadOptions, 'redis' | 'prefix'>, outputs: readonly string[]) {
  const [own, ofOutputs] = await Promise.all([readQueues(access, OWN), readOutputQueues(access, outputs)]);
  const names = [...OWN, ...outputs.map(queueOf)];
  return [...own, ...ofOutputs].map((queue, index) => [names[index] ?? '', queue] as const);
}

function factsOf({ oldest, ...queue }: Standing, now: number): QueueFacts {
  return { ...queue, age: oldest === undefined ? 0 : Math.max(0, now - oldest) };
}
