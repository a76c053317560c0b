import { type Callback, callbackKey } from '@ringback/contracts';
import { type CallbackRef, type HistoryFilter, type HistoryRows, type HistoryStore, NO_ROWS } from '@ringback/history';
import { callbackOf } from '../recorded-callbacks.ts';
import { addCounts, createAssign, type ReplayTarget } from './assign.ts';
import { enqueue, type EnqueuePlace, type ReplayOutput, sharesOf } from './enqueue.ts';
import type { FindMoving } from './moving.ts';
import type { Room } from './room.ts';
import type { Chunk, ReplayCounts, ReplayState } from './state.ts';

export type ChunkOptions = {
  readonly store: Pick<HistoryStore, 'stories' | 'write'>;
  /** All shards, by number. */
  readonly places: readonly EnqueuePlace[];
  readonly state: ReplayState;
  readonly room: Room;
  readonly outputs: readonly ReplayOutput[];
  /** Names the replay: its batches, and with `newId` the ids of its deliveries, derive from it. */
  readonly id: string;
  /** `user@host`, for the history. */
  readonly by: string;
  readonly target: ReplayTarget;
  readonly filter: HistoryFilter;
  readonly findMoving: FindMoving;
  readonly newId: boolean;
  /** By Redis's clock. */
  readonly now: () => number;
};

type Running = {
  readonly refs: readonly CallbackRef[];
  /** Before it. */
  readonly counts: ReplayCounts;
  readonly tell: (waiting: string) => void;
  /** For a requestID without a body. */
  readonly name: (requestID: string) => void;
};

const GONE = { to: [], onItsWay: [], notAsked: [], why: 'withoutBody' } as const;

/**
 * Queues callbacks together. What goes where is settled in Redis first, and the replay moves on last: a run that is
 * killed in between is repeated as it was. Resolves to the counts after it; undefined if the replay is to end, or another
 * process runs it as well and is ahead.
 */
export function createChunks(options: ChunkOptions) {
  const { store, places, state, room, outputs, id, now } = options;
  const assign = createAssign(options);

  return async (number: number, { refs, counts, tell, name }: Running): Promise<ReplayCounts | undefined> => {
    const rows = new Map((await store.stories(refs)).map((row) => [row.key, row]));
    const known = [...rows.values()];
    const goes = new Map((await assign(known)).map((one, index) => [known[index]?.key, one]));
    const assigned = refs.map((ref) => ({ ref, requestID: rows.get(ref.key)?.id, ...(goes.get(ref.key) ?? GONE) }));
    if (!(await room.wait(sharesOf(assigned, outputs, places.length), tell))) return undefined;
    const callbacks = assigned.map(({ ref: { key, receivedAt }, to }) => ({ key, receivedAt, to: [...to] }));
    const chunk = await state.settle(number, { at: now(), callbacks });
    const settled = new Map(chunk?.callbacks.map(({ key, to }) => [key, to]));
    if (chunk === undefined || settled.size !== refs.length || !refs.every(({ key }) => settled.has(key))) return undefined;
    const routed = refs.map(({ key }) => {
      const row = rows.get(key);
      const callback = row && callbackOf(row);
      return { callback: callback && withId(callback, options), to: settled.get(key) ?? [] };
    });
    await enqueue(places, { batch: `replay.${id}.${number}`, shares: sharesOf(routed, outputs, places.length) });
    await store.write(rowsOf(chunk, number, options));
    let sum = counts;
    for (const { ref, requestID, onItsWay, notAsked, why } of assigned) {
      const to = settled.get(ref.key) ?? [];
      const leftOut = (output: string) => !to.includes(output);
      sum = addCounts(sum, { to, onItsWay: onItsWay.filter(leftOut), notAsked: notAsked.filter(leftOut), why });
      if (why === 'withoutBody') name(requestID ?? ref.key);
    }
    const after = refs.at(-1);
    if (after !== undefined) await state.finish(number, { after, counts: sum });
    return sum;
  };
}

/** The same for every repetition of this replay. */
function withId(callback: Callback, { newId, id }: Pick<ChunkOptions, 'newId' | 'id'>): Callback {
  return newId ? { ...callback, deliverAs: `${callbackKey(callback)}_${id}` } : callback;
}

/** For the history: who did it, and that the deliveries wait again. */
function rowsOf({ at, callbacks }: Chunk, number: number, { id, by, target, newId }: ChunkOptions): HistoryRows {
  const going = callbacks.filter(({ to }) => to.length > 0);
  const facts = { replay: id, to: 'to' in target ? target.to.join(',') : 'routes', newId };
  const refs = going.map(({ key, receivedAt }) => ({ key, receivedAt }));
  const reason = `replay ${id}`;
  return {
    ...NO_ROWS,
    actions: refs.length === 0 ? [] : [{ id: `replay.${id}.${number}`, at, by, command: 'replay', facts, callbacks: refs }],
    deliveries: going.flatMap(({ key, receivedAt, to }) =>
      to.map((output) => ({ key, receivedAt, output, state: 'waiting' as const, at, reason, changed: true as const })),
    ),
  };
}
