import type { Callback } from '@ringback/contracts';
import type { FoundCallback, HistoryFilter } from '@ringback/history';
import { createRouter, type Route } from '@ringback/routing';
import { callbackOf } from '../recorded-callbacks.ts';
import { refId } from '../search/found.ts';
import { chosenBy } from './chosen.ts';
import type { FindMoving, Moving } from './moving.ts';
import type { ReplayCounts } from './state.ts';

/** To these outputs, or to those that today's routes name. */
export type ReplayTarget = { readonly to: readonly string[] } | { readonly routes: readonly Route[] };

export type Assigned = {
  readonly to: readonly string[];
  readonly callback?: Callback | undefined;
  /** Outputs to which it is still on its way: another delivery would be one too many. */
  readonly onItsWay: readonly string[];
  /** Outputs of which it cannot be said whether it is. */
  readonly notAsked: readonly string[];
  readonly why?: 'withoutBody' | 'unrouted' | 'dropped' | 'ended' | undefined;
};

type Wanted = Pick<Assigned, 'callback' | 'why'> & { readonly row: FoundCallback; readonly wanted: readonly string[] };

/** Where kept callbacks are to go, in their order. */
export function createAssign({
  target,
  filter,
  findMoving,
}: AssignOptions): (rows: readonly FoundCallback[]) => Promise<Assigned[]> {
  const want = createWant(target);
  const chosen = chosenBy(filter);
  return async (rows) => {
    const wants = rows.map(want);
    const outputs = [...new Set(wants.flatMap(({ wanted, row }) => [...wanted, ...(chosen?.outputsOf(row) ?? [])]))];
    const moving = await findMoving(
      wants.filter(({ wanted }) => wanted.length > 0).map(({ row }) => row),
      outputs,
    );
    return wants.map((one) => {
      const found = moving.get(refId(one.row));
      const leftOut = one.wanted.length > 0 ? chosen?.leftOut(one.row, found) : undefined;
      return leftOut ?? without(one, found);
    });
  };
}

type AssignOptions = { readonly target: ReplayTarget; readonly filter: HistoryFilter; readonly findMoving: FindMoving };

function without({ wanted, callback, why }: Wanted, moving: Moving | undefined): Assigned {
  const onItsWay = wanted.filter((output) => moving?.onItsWay.has(output));
  const notAsked = wanted.filter((output) => moving?.notAsked.has(output));
  const to = wanted.filter((output) => !onItsWay.includes(output) && !notAsked.includes(output));
  return { to, callback, onItsWay, notAsked, why };
}

function createWant(target: ReplayTarget): (row: FoundCallback) => Wanted {
  const router = 'routes' in target ? createRouter(target) : undefined;
  return (row) => {
    const callback = callbackOf(row);
    if (callback === undefined) return { row, wanted: [], why: 'withoutBody' };
    const routing = router?.route(callback);
    const wanted = 'to' in target ? target.to : (routing?.outputs ?? []);
    const unwanted = routing?.dropped === undefined ? 'unrouted' : 'dropped';
    return { row, wanted, callback, why: wanted.length > 0 ? undefined : unwanted };
  };
}

type Counted = Pick<Assigned, 'to' | 'onItsWay' | 'notAsked' | 'why'>;

export function addCounts(counts: ReplayCounts, { to, onItsWay, notAsked, why }: Counted): ReplayCounts {
  const deliveries = { ...counts.deliveries };
  for (const output of to) deliveries[output] = (deliveries[output] ?? 0) + 1;
  const onTheirWay = counts.onTheirWay + onItsWay.length;
  const added = {
    ...counts,
    callbacks: counts.callbacks + 1,
    deliveries,
    onTheirWay,
    notAsked: counts.notAsked + notAsked.length,
  };
  // What an interrupted run has queued has not ended.
  return why === undefined || (why === 'ended' && to.length > 0) ? added : { ...added, [why]: counts[why] + 1 };
}
