import { type BufferState, readBufferState } from '@ringback/history';
import {
  callbackQueueState,
  createBodies,
  keptQueueState,
  type OutputBacklog,
  outputQueueState,
  type QueueDepths,
  type QueueState,
  readBacklog,
  readRouteCounts,
} from '@ringback/queue';
import type { Redis } from 'ioredis';

export type ReadOptions = {
  readonly redis: Redis;
  readonly prefix: string;
  /** Those of now: settings may change. */
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

/** Reads what stands in one shard. Opens queues at the first call: without a scrape there is none. */
export function createShardReader({ outputs, history, ...access }: ReadOptions): () => Promise<ShardFacts | undefined> {
  const { redis } = access;
  const queuesOf = createQueues(access);

  return async () => {
    // A command would wait until it is back.
    if (redis.status !== 'ready') return undefined;
    const began = performance.now();
    const [seconds, micros] = await redis.time();
    const roundTrip = performance.now() - began;
    const now = Number(seconds) * 1000 + Number(micros) / 1000;
    const [facts, backlog, { unkept }, buffer] = await Promise.all([
      Promise.all(queuesOf(outputs()).map(async ([name, queue]) => [name, await readQueue(queue, now)] as const)),
      readBacklog(access),
      readRouteCounts(access),
      history ? readBufferState(access) : undefined,
    ]);
    return { queues: new Map(facts), backlog, unkept, history: buffer, roundTrip, now };
  };
}

type Access = Pick<ReadOptions, 'redis' | 'prefix'>;

type Named = readonly [string, QueueState];

/** An output keeps its queue, for when it comes back. */
function createQueues(access: Access): (outputs: readonly string[]) => readonly Named[] {
  let own: readonly Named[] | undefined;
  const ofOutputs = new Map<string, QueueState>();

  function queueAt(output: string): Named {
    const queue = ofOutputs.get(output) ?? withHeld(output, access);
    ofOutputs.set(output, queue);
    return [queueOf(output), queue];
  }

  return (outputs) => {
    own ??= [
      ['callbacks', callbackQueueState(access)],
      ['quarantine', keptQueueState('quarantine', access)],
      ['unrouted', keptQueueState('unrouted', access)],
    ];
    return [...own, ...outputs.map(queueAt)];
  };
}

/** What an output holds waits as well. It is looked at only where no job waits: jobs are made of the oldest first. */
function withHeld(output: string, access: Access): QueueState {
  const queue = outputQueueState(output, access);
  const bodies = createBodies(access);
  return {
    ...queue,
    async oldest() {
      const ofJobs = await queue.oldest();
      if (ofJobs !== undefined) return ofJobs;
      const [id] = await bodies.held(output, 1);
      const stored = id === undefined ? undefined : await bodies.read(id, output).catch(() => {});
      return stored?.callbacks.reduce((least, { receivedAt }) => Math.min(least, receivedAt), Infinity);
    },
  };
}

async function readQueue(queue: QueueState, now: number): Promise<QueueFacts> {
  const [depths, paused, oldest] = await Promise.all([queue.depths(), queue.isPaused(), queue.oldest()]);
  return { ...depths, paused, age: oldest === undefined ? 0 : Math.max(0, now - oldest) };
}
