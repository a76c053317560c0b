import { CALLBACKS, type QueueFacts, readQueues, type RunningProcess, sumOfDepths } from '@ringback/queue';
import type { ShardPlace } from '../places.ts';
import { earliest } from './earliest.ts';

export type DispatchStatus = {
  /** `unknown`: which workers run is not known. */
  readonly state: 'running' | 'paused' | 'no worker' | 'unknown';
  /** A pause that was cut off holds at some of the shards only. */
  readonly pausedShards?: readonly number[];
  /** Batches of callbacks that wait, and that are under way. Undefined: no shard answers. */
  readonly waiting: number | undefined;
  readonly active: number | undefined;
  /** ms since the epoch. */
  readonly oldest?: number;
};

export async function readDispatch(shard: ShardPlace): Promise<QueueFacts> {
  const [facts] = await readQueues(shard, [CALLBACKS]);
  if (facts === undefined) throw new RangeError('no answer about the queue of callbacks');
  return facts;
}

/** `facts` by the number of the shard. `running`: undefined if it is not known. */
export function dispatchStatus(
  facts: ReadonlyMap<number, QueueFacts>,
  running: readonly RunningProcess[] | undefined,
): DispatchStatus {
  const { waiting, delayed, active } = sumOfDepths([...facts.values()]);
  if (facts.size === 0) return { state: 'unknown', waiting: undefined, active: undefined };
  const pausedShards = pausedAt(facts);
  const oldest = earliest([...facts.values()].map((one) => one.oldest));
  return {
    state: stateOf(pausedShards.length > 0, running),
    ...(pausedShards.length > 0 && pausedShards.length < facts.size && { pausedShards }),
    waiting: waiting + delayed,
    active,
    ...(oldest !== undefined && { oldest }),
  };
}

function stateOf(paused: boolean, running: readonly RunningProcess[] | undefined): DispatchStatus['state'] {
  if (paused) return 'paused';
  if (running === undefined) return 'unknown';
  return running.some(({ app }) => app === 'worker') ? 'running' : 'no worker';
}

export function pausedAt(facts: ReadonlyMap<number, { readonly paused: boolean }>): number[] {
  return [...facts].flatMap(([number, { paused }]) => (paused ? [number] : []));
}
