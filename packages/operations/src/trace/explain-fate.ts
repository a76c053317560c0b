import { ALERTS, type Callback } from '@ringback/contracts';
import type { Fate } from '@ringback/history';
import { explainRoutes, type Route } from '@ringback/routing';
import type { TracedRoute } from './traced.ts';

/** Digest: as the history has it of a callback. */
export type TodaysRoutes = { readonly routes: readonly Route[]; readonly digest: string };

type Dispatched = { readonly fate?: Fate | undefined; readonly settings?: string | undefined };

/** Which routes matched, and why the others did not. What is not known is said in `notes`. */
export function explainFate(
  callback: Callback | undefined,
  { fate, settings }: Dispatched,
  today: TodaysRoutes,
): { readonly routes: TracedRoute[]; readonly notes: string[] } {
  if (callback?.source === ALERTS.source)
    return { routes: [], notes: ['an alert of ours: alerts.to of the settings says where it goes'] };
  const matched = (fate?.routes ?? []).map((number) => ({ number, matched: true }));
  if (fate !== undefined && settings !== today.digest) {
    return { routes: matched, notes: ['the routes have changed since: why the others did not match is not known'] };
  }
  if (callback === undefined) {
    return { routes: matched, notes: ['its body is not kept any more: why routes matched, or did not, is not known'] };
  }
  const routes = explainRoutes(today.routes, callback).map(({ number, matches, because }) => ({
    number,
    matched: matches,
    because,
  }));
  return { routes, notes: fate === undefined ? ["routes by today's settings: those of its time are not known"] : [] };
}
