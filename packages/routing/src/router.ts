import { type Callback, RingbackError } from '@ringback/contracts';
import { readBody } from './body-data.ts';
import { MAX_STEPS_OF_ALL } from './bounded-cel.ts';
import { checkCondition, compileCondition, type Condition, type ConditionInput } from './condition.ts';
import { matchesType } from './match-type.ts';

/** Absent `match`: all types. Absent `when`: always. `drop`: the reason. */
export type Route = {
  readonly match?: readonly string[] | undefined;
  readonly when?: string | undefined;
  readonly to?: readonly string[] | undefined;
  readonly drop?: string | undefined;
};

export type Routing = {
  /** Numbers of the routes that match, from 1. */
  readonly routes: number[];
  /** In route order, each once. */
  readonly outputs: string[];
  /** Set if a `drop` route matches, and no route with `to` matches or failed: its reason. */
  readonly dropped?: string | undefined;
  /** MUST be kept for a person: no route matches, or a condition took too many steps. */
  readonly kept?: Kept | undefined;
  /** Such as `route 2: no such key: foo`, without values. */
  readonly conditionErrors: string[];
};

type Kept = {
  readonly code: 'RB_UNROUTED' | 'RB_CONDITION_OVERRUN';
  readonly reason: string;
  /** The route of a condition that could not be judged may want the callback: it MUST NOT be lost. */
  readonly maybeWanted: boolean;
};

export type Router = { route(callback: Callback): Routing };

/** A failing condition does not match and is reported. @throws RingbackError RB_CONFIG_INVALID */
export function createRouter(settings: { routes: readonly Route[] }): Router {
  const steps = routerInSteps(settings);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** Like `createRouter`. It may pause at each `yield`: to compile a condition takes some 0.1 ms. */
export function* routerInSteps({ routes }: { routes: readonly Route[] }): Generator<void, Router, void> {
  const rules: Rule[] = [];
  for (const [index, route] of routes.entries()) {
    rules.push({ ...route, number: index + 1, condition: conditionOf(route, index + 1) });
    yield;
  }
  return routerOf(rules);
}

type Rule = Route & { readonly number: number; readonly condition: Condition | undefined };

function routerOf(rules: readonly Rule[]): Router {
  return {
    route(callback) {
      const input = inputOf(callback);
      const matching: number[] = [];
      const outputs = new Set<string>();
      const conditionErrors: string[] = [];
      let overran = false;
      let unsure = false;
      let left = MAX_STEPS_OF_ALL;
      let dropped: string | undefined;
      for (const { match, condition, to = [], drop, number } of rules) {
        if (match !== undefined && !match.some((pattern) => matchesType(pattern, callback.type))) continue;
        const verdict = condition?.(input, left) ?? { holds: true, steps: 0 };
        left -= verdict.steps;
        if ('error' in verdict) {
          conditionErrors.push(`route ${number}: ${verdict.error}`);
          overran ||= verdict.why === 'overran';
          unsure ||= verdict.why === 'failed' && to.length > 0;
        } else if (verdict.holds) {
          matching.push(number);
          for (const output of to) outputs.add(output);
          dropped ??= drop;
        }
      }
      return decide({ routes: matching, outputs: [...outputs], drop: dropped, conditionErrors, overran, unsure });
    },
  };
}

type Judged = Pick<Routing, 'routes' | 'outputs' | 'conditionErrors'> & {
  readonly drop: string | undefined;
  readonly overran: boolean;
  /** The condition of a route with outputs failed: the route may want the callback, so it MUST NOT be dropped. */
  readonly unsure: boolean;
};

function decide({ routes, outputs, drop, conditionErrors, overran, unsure }: Judged): Routing {
  if (overran) {
    const sent = outputs.length > 0 ? [`it went to ${outputs.join(', ')}`] : [];
    const reason = [...conditionErrors, ...sent].join('; ');
    return { routes, outputs, kept: { code: 'RB_CONDITION_OVERRUN', reason, maybeWanted: true }, conditionErrors };
  }
  if (outputs.length > 0) return { routes, outputs, conditionErrors };
  if (drop !== undefined && !unsure) return { routes, outputs, dropped: drop, conditionErrors };
  const reason = ['no route matched', ...conditionErrors].join('; ');
  return { routes, outputs, kept: { code: 'RB_UNROUTED', reason, maybeWanted: unsure }, conditionErrors };
}

function conditionOf({ when }: Route, number: number): Condition | undefined {
  if (when === undefined) return undefined;
  const problem = checkCondition(when);
  if (problem !== undefined) throw new RingbackError('RB_CONFIG_INVALID', `route ${number}: when: ${problem}`);
  return compileCondition(when);
}

/** Parses the body once, when a condition reads `data`. */
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
