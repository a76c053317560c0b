import type { CallbackRef, HistoryFilter, HistoryStore } from '@ringback/history';
import { eachCallback } from '../kept-callbacks.ts';
import { addCounts, createAssign, type ReplayTarget } from './assign.ts';
import { NO_COUNTS, type ReplayCounts } from './state.ts';

const NAMED = 20;
const PAGE = 1000;

/** What a replay would do. `named`: requestIDs of the first without a body. */
export type ReplaySurvey = ReplayCounts & { readonly named: readonly string[] };

type Wanted = { readonly filter: HistoryFilter; readonly target: ReplayTarget };

export async function surveyReplay(store: Pick<HistoryStore, 'find'>, { filter, target }: Wanted): Promise<ReplaySurvey> {
  const assign = createAssign(target);
  let counts = NO_COUNTS;
  const named: string[] = [];
  for await (const row of eachCallback(store, { filter, bodies: true })) {
    const assigned = assign(row);
    counts = addCounts(counts, assigned);
    if (assigned.why === 'withoutBody' && named.length < NAMED) named.push(row.id);
  }
  return { ...counts, named };
}

/** All that fit now, the oldest first: what a replay changes does not change the list. */
export async function listRefs(store: Pick<HistoryStore, 'find'>, filter: HistoryFilter): Promise<CallbackRef[]> {
  const refs: CallbackRef[] = [];
  for await (const { key, receivedAt } of eachCallback(store, { filter, bodies: false, pageSize: PAGE }))
    refs.push({ key, receivedAt });
  return refs.toReversed();
}

export function isAfter(ref: CallbackRef, other: CallbackRef): boolean {
  return ref.receivedAt > other.receivedAt || (ref.receivedAt === other.receivedAt && ref.key > other.key);
}
