import { type Callback, RingbackError } from '@ringback/contracts';
import { readBody } from './body-data.ts';
import { MAX_STEPS_OF_ALL } from './bounded-cel.ts';
import { checkCondition, compileCondition, type Condition, type ConditionInput } from './condition.ts';
import { matchesType } from './match-type.ts';

/** A rule: callbacks whose type fits one of `match` (absent: any type) and for which `when` holds (absent: always) go to the outputs `to`; with `drop`, a reason, they go nowhere. */
export type Route = {
  readonly match?: readonly string[] | undefined;
  readonly when?: string | undefined;
  readonly to?: readonly string[] | undefined;
  readonly drop?: string | undefined;
};

/** Where a callback goes. */
export type Routing = {
  /** Names of outputs, each once, in the order of the routes. */
  readonly outputs: string[];
  /** It goes nowhere, because a route says so: the reason of the first one that does. */
  readonly dropped?: string | undefined;
  /** It MUST be kept for a person. RB_UNROUTED: no route wants it. RB_CONDITION_OVERRUN: a route might want it, but its condition took too long; other routes may deliver it all the same. */
  readonly kept?: { readonly code: 'RB_UNROUTED' | 'RB_CONDITION_OVERRUN'; readonly reason: string } | undefined;
  /** One line for each condition that could not be evaluated, `route 2: no such key: foo`, routes counted from 1. Holds no value from the callback. */
  readonly conditionErrors: string[];
};

export type Router = { route(callback: Callback): Routing };

/**
 * Decides which outputs a callback goes to. A condition that cannot be evaluated does not match, and is reported; `route` never throws.
 * @throws RingbackError RB_CONFIG_INVALID for a condition that `checkCondition` refuses.
 */
export function createRouter({ routes }: { routes: readonly Route[] }): Router {
  const rules = routes.map((route, index) => ({ ...route, number: index + 1, condition: conditionOf(route, index + 1) }));
  return {
    route(callback) {
      const input = inputOf(callback);
      const outputs = new Set<string>();
      const conditionErrors: string[] = [];
      let overran = false;
      let left = MAX_STEPS_OF_ALL;
      let dropped: string | undefined;
      for (const { match, condition, to = [], drop, number } of rules) {
        if (match !== undefined && !match.some((pattern) => matchesType(pattern, callback.type))) continue;
        const verdict = condition?.(input, left) ?? { holds: true, steps: 0 };
        left -= verdict.steps;
        if ('error' in verdict) {
          conditionErrors.push(`route ${number}: ${verdict.error}`);
          overran ||= verdict.overran;
        } else if (verdict.holds) {
          for (const output of to) outputs.add(output);
          dropped ??= drop;
        }
      }
      return decide({ outputs: [...outputs], drop: dropped, conditionErrors, overran });
    },
  };
}

type Judged = Pick<Routing, 'outputs' | 'conditionErrors'> & { readonly drop: string | undefined; readonly overran: boolean };

function decide({ outputs, drop, conditionErrors, overran }: Judged): Routing {
  if (overran) {
    const sent = outputs.length > 0 ? [`it went to ${outputs.join(', ')}`] : [];
    return { outputs, kept: { code: 'RB_CONDITION_OVERRUN', reason: [...conditionErrors, ...sent].join('; ') }, conditionErrors };
  }
  if (outputs.length > 0) return { outputs, conditionErrors };
  if (drop !== undefined) return { outputs, dropped: drop, conditionErrors };
  return { outputs, kept: { code: 'RB_UNROUTED', reason: ['no route matched', ...conditionErrors].join('; ') }, conditionErrors };
}

function conditionOf({ when }: Route, number: number): Condition | undefined {
  if (when === undefined) return undefined;
  const problem = checkCondition(when);
  if (problem !== undefined) throw new RingbackError('RB_CONFIG_INVALID', `route ${number}: when: ${problem}`);
  return compileCondition(when);
}

/** What conditions look at. The body is parsed when the first one asks for `data`, and once. */
export function inputOf({ body, source, account, id, time }: Callback): ConditionInput {
  let data: { readonly value: unknown } | undefined;
  return {
    get data() {
      data ??= { value: readBody(body) };
      return data.value;
    },
    source,
    account,
    requestID: id,
    time: new Date(time),
  };
}
