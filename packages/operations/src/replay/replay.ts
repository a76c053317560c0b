import { bodyDigest } from '@ringback/contracts';
import type { CallbackRef, HistoryStore } from '@ringback/history';
import { type ChunkOptions, createChunks } from './chunk.ts';
import type { ReplayCounts } from './state.ts';
import { isAfter, listRefs } from './survey.ts';

const MOST_IN_A_CHUNK = 100;
const NAMED = 20;

export type ReplayOptions = ChunkOptions & {
  readonly store: Pick<HistoryStore, 'find'>;
  /** Callbacks a second. */
  readonly rate?: number | undefined;
  /** Ends early if the replay is to end. */
  readonly sleep: (ms: number) => Promise<unknown>;
  readonly stopping: () => boolean;
  readonly onProgress: (progress: ReplayProgress) => void;
};

export type ReplayProgress = {
  readonly total: number;
  readonly done: number;
  readonly counts: ReplayCounts;
  /** What it waits for. */
  readonly waiting?: string | undefined;
};

/** Counts are those of this run and the earlier ones of the same replay. */
export type ReplayResult = ReplayCounts & {
  /** False: it was interrupted. */
  readonly finished: boolean;
  /** requestIDs of the first without a body in this run. */
  readonly named: readonly string[];
};

/**
 * Adds deliveries of kept callbacks to the outputs' queues, the oldest first. A run that was killed anywhere goes on
 * under the same id, and delivers nothing twice.
 * @throws RingbackError RB_REPLAY_DIFFERS, RB_OVERLOADED, or why history or Redis cannot be used
 */
export async function replay(options: ReplayOptions): Promise<ReplayResult> {
  const { stopping, onProgress } = options;
  const opened = await open(options);
  const { refs, leftOver } = opened;
  const total = opened.counts.callbacks + refs.length;
  const runChunk = createChunks(options);
  const pace = createPace(options);
  const named: string[] = [];
  let { next, counts } = opened;

  for (let at = 0; at < refs.length; next += 1) {
    if (stopping()) return { ...counts, finished: false, named };
    const part = refs.slice(at, at + (at === 0 && leftOver > 0 ? leftOver : pace.size));
    const done = counts.callbacks;
    onProgress({ total, done, counts });
    const name = (requestID: string) => void (named.length < NAMED && named.push(requestID));
    const soFar = counts;
    const tell = (waiting: string) => onProgress({ total, done, counts: soFar, waiting });
    const after = await runChunk(next, { refs: part, counts, tell, name });
    if (after === undefined) return { ...counts, finished: false, named };
    counts = after;
    at += part.length;
    if (at < refs.length) await pace.wait(at);
  }
  onProgress({ total, done: counts.callbacks, counts });
  return { ...counts, finished: true, named };
}

/** What is still to do: first the chunk that a killed run left. */
async function open(options: ReplayOptions) {
  const { store, state, filter, now } = options;
  const { since, until = Number.POSITIVE_INFINITY } = filter;
  const wanted = {
    v: 1,
    digest: digestOf(options),
    until: Math.min(until, now()),
    ...(since !== undefined && { since }),
  } as const;
  const { plan, next, left, after, counts } = await state.open(wanted);
  const first: CallbackRef[] = (left?.callbacks ?? []).map(({ key, receivedAt }) => ({ key, receivedAt }));
  const last = first.at(-1) ?? after;
  const listed = await listRefs(store, { ...filter, since: plan.since, until: plan.until });
  const rest = last === undefined ? listed : listed.filter((ref) => isAfter(ref, last));
  return { next, counts, refs: [...first, ...rest], leftOver: first.length };
}

function createPace({ rate, now, sleep, stopping }: ReplayOptions) {
  const started = now();
  return {
    size: rate === undefined ? MOST_IN_A_CHUNK : Math.max(1, Math.min(MOST_IN_A_CHUNK, Math.floor(rate))),
    async wait(done: number): Promise<void> {
      const early = rate === undefined ? 0 : started + (done * 1000) / rate - now();
      if (early > 0 && !stopping()) await sleep(early);
    },
  };
}

function digestOf({ filter, target, newId }: ReplayOptions): string {
  const { since: _since, until: _until, ...lasting } = filter;
  const given = Object.entries(lasting).filter(([, value]) => value !== undefined);
  const sorted = given.toSorted(([a], [b]) => (a < b ? -1 : 1));
  return bodyDigest(JSON.stringify([sorted, 'to' in target ? target.to.toSorted() : 'routes', newId]));
}
