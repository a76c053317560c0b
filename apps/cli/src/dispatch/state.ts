import { callbackQueueState, type QueueDepths, type RunningProcess, sumOfDepths } from '@ringback/queue';
import { pausedWords } from './paused-words.ts';
import type { ReachedShard } from '../reach/shards.ts';

export type DispatchFacts = { readonly depths: QueueDepths; readonly paused: boolean };

export async function readDispatch(shard: ReachedShard): Promise<DispatchFacts> {
  const queue = callbackQueueState(shard);
  try {
    const [depths, paused] = await Promise.all([queue.depths(), queue.isPaused()]);
    return { depths, paused };
  } finally {
    await queue.close();
  }
}

export type Installation = {
  /** How many shards there are. */
  readonly count: number;
  /** Undefined: shard 0, which knows, is left out. */
  readonly running: readonly RunningProcess[] | undefined;
};

/** By the number of the shard. */
export function dispatchLine(facts: ReadonlyMap<number, DispatchFacts>, { count, running }: Installation): string {
  const { waiting, delayed, active } = sumOfDepths([...facts.values()].map(({ depths }) => depths));
  const paused = pausedWords(facts, count);
  const noWorker = running?.every(({ app }) => app !== 'worker') ?? false;
  const wait = waiting + delayed === 1 ? '1 batch of callbacks waits' : `${waiting + delayed} batches of callbacks wait`;
  const goOn =
    paused !== undefined ? ' (go on: ringback dispatch resume)' : noWorker ? ' (start one: what was acked waits for it)' : '';
  return `${stateWords({ paused, noWorker, known: running !== undefined })}: ${wait}, ${active} ${active === 1 ? 'is' : 'are'} under way${goOn}`;
}

type State = { readonly paused: string | undefined; readonly noWorker: boolean; readonly known: boolean };

function stateWords({ paused, noWorker, known }: State): string {
  if (paused !== undefined) return `dispatching is ${paused}`;
  if (!known) return 'dispatching is not paused (which workers run is not known without shard 0)';
  return noWorker ? 'no worker runs' : 'dispatching is running';
}
