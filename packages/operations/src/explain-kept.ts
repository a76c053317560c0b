import type { Callback } from '@ringback/contracts';
import type { FoundCallback, HistoryStore } from '@ringback/history';
import { createRouter, explainRoutes, type Route, type RouteExplanation, type Routing } from '@ringback/routing';
import { historyFilterOf } from './filter.ts';
import { callbackOf } from './recorded-callbacks.ts';

/** Shows values of the callback: MUST NOT be logged. */
export type ExplainedRouting = {
  readonly callback: Callback;
  readonly routes: readonly RouteExplanation[];
  readonly routing: Routing;
};

export function explainRouting(routes: readonly Route[], callback: Callback): ExplainedRouting {
  return { callback, routes: explainRoutes(routes, callback), routing: createRouter({ routes }).route(callback) };
}

/** `none`: the history has no such callback. `several`: the newest is taken. */
export type KeptCallback =
  | { readonly found: 'none' }
  | { readonly found: 'one' | 'several'; readonly row: FoundCallback; readonly callback: Callback | undefined };

/** By any id. @throws RingbackError as the store */
export async function keptCallback(store: Pick<HistoryStore, 'find'>, id: string): Promise<KeptCallback> {
  const [row, second] = await store.find(historyFilterOf({ id }) ?? {}, { limit: 2, bodies: true });
  if (row === undefined) return { found: 'none' };
  return { found: second === undefined ? 'one' : 'several', row, callback: callbackOf(row) };
}
