import { setImmediate } from 'node:timers/promises';
import type { Callback } from '@ringback/contracts';
import type { Fate } from '@ringback/history';
import type { Router, Routing } from '@ringback/routing';
import type { Unrouted } from './unrouted.ts';

/** Then other work gets its turn. */
const ROUTES_AT_ONCE_MS = 20;

export type Routed = {
  readonly perOutput: Map<string, Callback[]>;
  /** By reason. */
  readonly dropped: Map<string, number>;
  readonly unrouted: Unrouted[];
  readonly conditionErrors: string[];
  /** Of each callback, if they are wanted. The same fate is the same object. */
  readonly fates: Fate[];
};

/** Many slow conditions in a row would delay health checks and locks. */
export async function routeAll(router: Router, callbacks: readonly Callback[], wanted?: 'with fates'): Promise<Routed> {
  const perOutput = new Map<string, Callback[]>();
  const dropped = new Map<string, number>();
  const unrouted: Unrouted[] = [];
  const conditionErrors = new Set<string>();
  const fates: Fate[] = [];
  const fateOf = createFates();
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
    if (wanted) fates.push(fateOf(routing));
    const { dropped: reason, kept } = routing;
    if (reason !== undefined) dropped.set(reason, (dropped.get(reason) ?? 0) + 1);
    if (kept !== undefined) unrouted.push({ callback, ...kept });
  }
  return { perOutput, dropped, unrouted, conditionErrors: [...conditionErrors], fates };
}

/** Most callbacks of a batch share a fate. */
function createFates(): (routing: Routing) => Fate {
  const fates = new Map<string, Fate>();
  return ({ routes, outputs: to, dropped, kept }) => {
    const name = `${routes.join(',')} ${dropped ?? ''} ${kept?.code ?? ''} ${kept?.reason ?? ''}`;
    const known = fates.get(name);
    if (known) return known;
    const unrouted = kept && { code: kept.code, reason: kept.reason };
    const fate: Fate = { routes, to, ...(dropped !== undefined && { dropped }), ...(unrouted && { unrouted }) };
    fates.set(name, fate);
    return fate;
  };
}
