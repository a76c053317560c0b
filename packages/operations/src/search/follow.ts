import type { CallbackRef, HistoryStore } from '@ringback/history';
import { type CallbackFilter, historyFilterOf } from '../filter.ts';
import { type Found, newestFirst, refId } from './found.ts';

export type FollowOptions = {
  readonly history: HistoryStore;
  readonly bodies: boolean;
  /** Callbacks received since then, but not those that are shown already. ms since the epoch. */
  readonly from: number;
  readonly shown: readonly CallbackRef[];
  /** ms since the epoch. */
  readonly now: () => number;
  /** Resolves to undefined if the history did not answer: it is asked again. */
  readonly patiently: <T>(ask: () => Promise<T>) => Promise<T | undefined>;
  /** Resolves to false once it is to end. */
  readonly pause: (ms: number) => Promise<boolean>;
};

const EVERY_MS = 1000;
const PAGE = 200;
/** The history lags behind: what is written so late is still shown. */
const LATE_MS = 5 * 60_000;

/** In the order in which the history gets them. */
export async function* follow(filter: CallbackFilter, options: FollowOptions): AsyncGenerator<Found> {
  const { history, bodies, from, shown, now, patiently, pause } = options;
  const asked = historyFilterOf(filter);
  if (asked === undefined) return;
  let seen = new Map(shown.map((one) => [refId(one), one.receivedAt]));
  let answeredAt = now();
  do {
    const askedAt = now();
    // From the last answer on: the history may have been away for long.
    const since = Math.max(from, Math.min(askedAt, answeredAt) - LATE_MS, filter.since ?? 0);
    const answer = await patiently(() => unseen({ ...asked, since }, { history, bodies, seen }));
    if (answer !== undefined) answeredAt = askedAt;
    const fresh = answer ?? [];
    for (const one of fresh.toSorted((a, b) => newestFirst(b, a))) yield one;
    for (const one of fresh) seen.set(refId(one), one.receivedAt);
    seen = new Map([...seen].filter(([, receivedAt]) => receivedAt >= since));
  } while (await pause(EVERY_MS));
}

type Asked = NonNullable<ReturnType<typeof historyFilterOf>>;
type Seen = Pick<FollowOptions, 'history' | 'bodies'> & { readonly seen: ReadonlyMap<string, number> };

/** A page without anything new MUST NOT end it: what was late is older than what came in time. */
async function unseen(filter: Asked, { history, bodies, seen }: Seen): Promise<Found[]> {
  const fresh: Found[] = [];
  let page: Found[] = [];
  do {
    const last = page.at(-1);
    page = await history.find(filter, { limit: PAGE, bodies, ...(last && { after: last }) });
    fresh.push(...page.filter((one) => !seen.has(refId(one))));
  } while (page.length === PAGE);
  return fresh;
}
