import type { Callback } from '@ringback/contracts';
import type { FoundCallback } from '@ringback/history';
import { createRouter, type Route } from '@ringback/routing';
import { callbackOf } from '../kept-callbacks.ts';
import type { ReplayCounts } from './state.ts';

/** To these outputs, or to those that today's routes name. */
export type ReplayTarget = { readonly to: readonly string[] } | { readonly routes: readonly Route[] };

export type Assigned = {
  readonly to: readonly string[];
  readonly callback?: Callback | undefined;
  /** Outputs to which it is still on its way: another delivery would be one too many. */
  readonly onItsWay: readonly string[];
  readonly why?: 'withoutBody' | 'unrouted' | 'dropped' | undefined;
};

/** Where a kept callback is to go. */
export function createAssign(target: ReplayTarget): (row: FoundCallback) => Assigned {
  const router = 'routes' in target ? createRouter(target) : undefined;
  return (row) => {
    const callback = callbackOf(row);
    if (callback === undefined) return { to: [], onItsWay: [], why: 'withoutBody' };
    const routing = router?.route(callback);
    const wanted = 'to' in target ? target.to : (routing?.outputs ?? []);
    const moving = row.deliveries.filter(({ state }) => state === 'waiting' || state === 'parked').map(({ output }) => output);
    const onItsWay = wanted.filter((output) => moving.includes(output));
    const to = wanted.filter((output) => !moving.includes(output));
    const unwanted = routing?.dropped === undefined ? 'unrouted' : 'dropped';
    return { to, callback, onItsWay, why: wanted.length > 0 ? undefined : unwanted };
  };
}

type Counted = Pick<Assigned, 'to' | 'onItsWay' | 'why'>;

export function addCounts(counts: ReplayCounts, { to, onItsWay, why }: Counted): ReplayCounts {
  const deliveries = { ...counts.deliveries };
  for (const output of to) deliveries[output] = (deliveries[output] ?? 0) + 1;
  const onTheirWay = counts.onTheirWay + onItsWay.length;
  const added = { ...counts, callbacks: counts.callbacks + 1, deliveries, onTheirWay };
  return why === undefined ? added : { ...added, [why]: counts[why] + 1 };
}
