import type { ASTNode } from '@marcbachmann/cel-js';
import type { Callback } from '@ringback/contracts';
import { MAX_STEPS_OF_ALL } from './bounded-cel.ts';
import { compileCondition, type ConditionInput, createEnvironment } from './condition.ts';
import { textOf } from './condition-review.ts';
import { type ConditionPart, lookups, partsOf, shownValue } from './explain-parts.ts';
import { matchesType } from './match-type.ts';
import { inputOf, type Route } from './router.ts';

/** `because` and `parts` show values: MUST NOT be logged. */
export type RouteExplanation = {
  readonly number: number;
  readonly to?: readonly string[] | undefined;
  readonly drop?: string | undefined;
  readonly matches: boolean;
  readonly because: string;
  /** Of a condition that was judged, whatever it came to. */
  readonly parts: readonly ConditionPart[];
};

export function explainRoutes(routes: readonly Route[], callback: Callback): RouteExplanation[] {
  const input = inputOf(callback);
  let left = MAX_STEPS_OF_ALL;
  return routes.map((route, index) => {
    const { steps, ...explanation } = explain(route, callback.type, input, left);
    left -= steps;
    return { number: index + 1, to: route.to, drop: route.drop, ...explanation };
  });
}

type Explanation = Pick<RouteExplanation, 'matches' | 'because' | 'parts'> & { readonly steps: number };

function explain({ match = ['*'], when }: Route, type: string, input: ConditionInput, left: number): Explanation {
  const pattern = match.find((candidate) => matchesType(candidate, type));
  if (pattern === undefined)
    return { matches: false, because: `type ${type} does not fit ${match.join(' or ')}`, parts: [], steps: 0 };
  const fits = `type fits ${pattern}`;
  if (when === undefined) return { matches: true, because: `${fits}; no condition`, parts: [], steps: 0 };
  const verdict = compileCondition(when)(input, left);
  const { steps } = verdict;
  const parts = 'why' in verdict && verdict.why === 'overran' ? [] : partsOf(when, input);
  if ('error' in verdict) return { matches: false, because: `when: ${verdict.error}`, parts, steps };
  if (verdict.holds) return { matches: true, because: `${fits}; ${when} is true`, parts, steps };
  return { matches: false, because: whatIsFalse(createEnvironment().parse(when).ast, input), parts, steps };
}

/** The first false part of an && chain, with its values. */
function whatIsFalse(node: ASTNode, input: ConditionInput): string {
  if (node.op === '&&') {
    const verdict = compileCondition(textOf(node.args[0]))(input);
    return whatIsFalse('holds' in verdict && verdict.holds ? node.args[1] : node.args[0], input);
  }
  const values = [...new Set(lookups(node))].map((path) => `${path} is ${shownValue(path, input)}`);
  return `${textOf(node)} is false${values.length > 0 ? `: ${values.join(', ')}` : ''}`;
}
