import { setImmediate } from 'node:timers/promises';
import type { Callback } from '@ringback/contracts';
import type { Router } from '@ringback/routing';
import type { Unrouted } from './unrouted.ts';

/** Then other work gets its turn. */
const ROUTES_AT_ONCE_MS = 20;

export type Routed = {
  readonly perOutput: Map<string, Callback[]>;
  /** By reason. */
  readonly dropped: Map<string, number>;
  readonly unrouted: Unrouted[];
  readonly conditionErrors: string[];
};

/** Many slow conditions in a row would delay health checks and locks. */
export async function routeAll(router: Router, callbacks: readonly Callback[]): Promise<Routed> {
  const perOutput = new Map<string, Callback[]>();
  const dropped = new Map<string, number>();
  const unrouted: Unrouted[] = [];
  const conditionErrors = new Set<string>();
  let since = performance.now();
  for (const callback of callbacks) {
    if (performance.now() - since > ROUTES_AT_ONCE_MS) {
      await setImmediate();
      since = performance.now();
    }
    const routing = router.route(callback);
    for (const error of routing.conditionErrors) conditionErrors.add(error);
    for (const output of routing.outputs) {
      const routed = perOutput.get(output);
      if (routed) routed.push(callback);
      else perOutput.set(output, [callback]);
    }
    const { dropped: reason, kept } = routing;
    if (reason !== undefined) dropped.set(reason, (dropped.get(reason) ?? 0) + 1);
    if (kept !== undefined) unrouted.push({ callback, ...kept });
  }
  return { perOutput, dropped, unrouted, conditionErrors: [...conditionErrors] };
}
