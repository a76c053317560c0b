import { setImmediate } from 'node:timers/promises';
import type { Callback } from '@ringback/contracts';
import type { Router, Routing } from '@ringback/routing';
import type { Unrouted } from './unrouted.ts';

/** How long routing may go on before others get their turn. */
const ROUTES_AT_ONCE_MS = 20;

export type Routed = {
  readonly perOutput: Map<string, Callback[]>;
  /** How many callbacks go nowhere because a route says so, by its reason. */
  readonly dropped: Map<string, number>;
  readonly unrouted: Unrouted[];
  readonly conditionErrors: string[];
};

/** Conditions are bounded, but many that come near their bound would together keep the process from its health checks and locks. */
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
    const why = whyKept(routing);
    if (why === undefined) continue;
    if (why.code === undefined) dropped.set(why.reason, (dropped.get(why.reason) ?? 0) + 1);
    else unrouted.push({ callback, ...why });
  }
  return { perOutput, dropped, unrouted, conditionErrors: [...conditionErrors] };
}

type Why = { readonly code: undefined; readonly reason: string } | Pick<Unrouted, 'code' | 'reason'>;

/** Undefined: it goes where its routes say. A condition that was given up might have sent it to an output: then it is kept, though another route delivers or drops it. */
function whyKept({ outputs, drop, overran, conditionErrors }: Routing): Why | undefined {
  if (overran) {
    const sent = outputs.length > 0 ? [`it went to ${outputs.join(', ')}`] : [];
    return { code: 'RB_CONDITION_OVERRUN', reason: [...conditionErrors, ...sent].join('; ') };
  }
  if (outputs.length > 0) return undefined;
  if (drop !== undefined) return { code: undefined, reason: drop };
  return { code: 'RB_UNROUTED', reason: ['no route matched', ...conditionErrors].join('; ') };
}
