import type { CallbackRef, FoundCallback, HistoryStore } from '@ringback/history';
import type { KeptStore } from '@ringback/queue';
import { type CallbackFilter, historyFilterOf } from '../filter.ts';
import { type Found, newestFirst, refId } from './found.ts';
import { keptCallbacks, type OpenPayload, parkedCallbacks } from './kept-callbacks.ts';

export type SearchOptions = {
  readonly history: HistoryStore;
  /** Dead letters, or the quarantine: what the state asks for. Undefined: the history alone. */
  readonly kept: Pick<KeptStore, 'find'> | undefined;
  /** Of what is kept or parked. Absent: no body is encrypted. */
  readonly openPayload?: OpenPayload | undefined;
};

export type SearchPage = {
  readonly limit: number;
  readonly after?: CallbackRef | undefined;
  readonly bodies: boolean;
};

export type SearchResult = {
  readonly found: readonly Found[];
  readonly more: boolean;
  /** More is kept than was looked at. */
  readonly partly: boolean;
};

/** Where else than in the history callbacks of this state stand. */
export function keptPlaceOf({ state }: CallbackFilter): 'dead-letters' | 'quarantine' | undefined {
  if (state === 'dead') return 'dead-letters';
  return state === 'unrouted' || state === 'quarantined' ? 'quarantine' : undefined;
}

/** One page, the newest first by `receivedAt`. @throws RingbackError of the history or of Redis */
export async function search(filter: CallbackFilter, page: SearchPage, options: SearchOptions): Promise<SearchResult> {
  const { history } = options;
  const { limit, after, bodies } = page;
  const asked = historyFilterOf(filter);
  const [stored, elsewhere] = await Promise.all([
    asked === undefined ? [] : history.find(asked, { limit: limit + 1, after, bodies }),
    findElsewhere(filter, options),
  ]);
  const rest = elsewhere.found.filter((one) => after === undefined || newestFirst(after, one) < 0);
  const all = new Map([...rest, ...stored.map(asFound)].map((one) => [refId(one), one]));
  const sorted = [...all.values()].toSorted(newestFirst);
  return { found: sorted.slice(0, limit), more: sorted.length > limit, partly: !elsewhere.all };
}

function findElsewhere(filter: CallbackFilter, { history, kept, openPayload }: SearchOptions): ReturnType<typeof keptCallbacks> {
  // The rows of what is parked may be gone, or not written yet.
  if (filter.state === 'parked') return parkedCallbacks(filter, history.rest, openPayload);
  return kept === undefined ? Promise.resolve({ found: [], all: true }) : keptCallbacks(filter, kept, openPayload);
}

function asFound({ deliveries, ...callback }: FoundCallback): Found {
  return { ...callback, deliveries };
}

const AT_ONCE = 500;

/** What is kept and also in the history counts once. @throws as `search` */
export async function count(filter: CallbackFilter, options: SearchOptions): Promise<{ count: number; partly: boolean }> {
  const { history } = options;
  const asked = historyFilterOf(filter);
  const [stored, elsewhere] = await Promise.all([asked === undefined ? 0 : history.count(asked), findElsewhere(filter, options)]);
  let more = elsewhere.found.length;
  const maybeKnown = asked === undefined ? [] : elsewhere.found;
  for (let from = 0; from < maybeKnown.length; from += AT_ONCE) {
    const known = await history.stories(maybeKnown.slice(from, from + AT_ONCE));
    more -= known.filter((story) => isIn(story, filter)).length;
  }
  return { count: stored + more, partly: !elsewhere.all };
}

function isIn({ fate, deliveries }: FoundCallback, { state, output }: CallbackFilter): boolean {
  if (state === 'unrouted') return fate.unrouted !== undefined;
  return deliveries.some((row) => row.state === state && (output === undefined || row.output === output));
}
