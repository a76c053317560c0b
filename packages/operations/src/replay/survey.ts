import type { CallbackRef, FoundCallback, HistoryFilter, HistoryStore } from '@ringback/history';
import { eachCallback } from '../recorded-callbacks.ts';
import { addCounts, createAssign, type ReplayTarget } from './assign.ts';
import type { FindMoving } from './moving.ts';
import { NO_COUNTS, type ReplayCounts } from './state.ts';

const NAMED = 20;
const PAGE = 1000;
const ASSIGNED_AT_ONCE = 100;

/** What a replay would do. `named`: requestIDs of the first without a body. */
export type ReplaySurvey = ReplayCounts & { readonly named: readonly string[] };

type Wanted = { readonly filter: HistoryFilter; readonly target: ReplayTarget; readonly findMoving: FindMoving };

export async function surveyReplay(
  store: Pick<HistoryStore, 'find'>,
  { filter, target, findMoving }: Wanted,
): Promise<ReplaySurvey> {
  const assign = createAssign({ target, filter, findMoving });
  let counts = NO_COUNTS;
  const named: string[] = [];
  const take = async (rows: readonly FoundCallback[]) => {
    for (const [index, assigned] of (await assign(rows)).entries()) {
      counts = addCounts(counts, assigned);
      const requestID = rows[index]?.id;
      if (assigned.why === 'withoutBody' && requestID !== undefined && named.length < NAMED) named.push(requestID);
    }
  };
  let rows: FoundCallback[] = [];
  for await (const row of eachCallback(store, { filter, bodies: true })) {
    rows.push(row);
    if (rows.length < ASSIGNED_AT_ONCE) continue;
    await take(rows);
    rows = [];
  }
  await take(rows);
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
