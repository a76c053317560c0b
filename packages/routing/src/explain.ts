import type { ASTNode } from '@marcbachmann/cel-js';
import type { Callback } from '@ringback/contracts';
import { boundCondition, MAX_STEPS_OF_ALL } from './bounded-cel.ts';
import { compileCondition, type ConditionInput, createEnvironment } from './condition.ts';
import { nodesIn } from './condition-fields.ts';
import { textOf } from './condition-review.ts';
import { matchesType } from './match-type.ts';
import { inputOf, type Route } from './router.ts';

/** `because` shows values: MUST NOT be logged. */
export type RouteExplanation = {
  readonly number: number;
  readonly to?: readonly string[] | undefined;
  readonly drop?: string | undefined;
  readonly matches: boolean;
  readonly because: string;
};

const LONGEST_VALUE = 60;

export function explainRoutes(routes: readonly Route[], callback: Callback): RouteExplanation[] {
  const input = inputOf(callback);
  let left = MAX_STEPS_OF_ALL;
  return routes.map((route, index) => {
    const { steps, ...explanation } = explain(route, callback.type, input, left);
    left -= steps;
    return { number: index + 1, to: route.to, drop: route.drop, ...explanation };
  });
}

type Explanation = Pick<RouteExplanation, 'matches' | 'because'> & { readonly steps: number };

function explain({ match = ['*'], when }: Route, type: string, input: ConditionInput, left: number): Explanation {
  const pattern = match.find((candidate) => matchesType(candidate, type));
  if (pattern === undefined) return { matches: false, because: `type ${type} does not fit ${match.join(' or ')}`, steps: 0 };
  const fits = `type fits ${pattern}`;
  if (when === undefined) return { matches: true, because: `${fits}; no condition`, steps: 0 };
  const verdict = compileCondition(when)(input, left);
  const { steps } = verdict;
  if ('error' in verdict) return { matches: false, because: `when: ${verdict.error}`, steps };
  if (verdict.holds) return { matches: true, because: `${fits}; ${when} is true`, steps };
  return { matches: false, because: whatIsFalse(createEnvironment().parse(when).ast, input), steps };
}

/** The first false part of an && chain, with its values. */
function whatIsFalse(node: ASTNode, input: ConditionInput): string {
  if (node.op === '&&') {
    const verdict = compileCondition(textOf(node.args[0]))(input);
    return whatIsFalse('holds' in verdict && verdict.holds ? node.args[1] : node.args[0], input);
  }
  const values = [...new Set(lookups(node))].map((path) => `${path} is ${valueText(valueOf(path, input))}`);
  return `${textOf(node)} is false${values.length > 0 ? `: ${values.join(', ')}` : ''}`;
}

/** The longest field chains, such as `data.callInfoDetail.callStatus`, without macro variables. */
function lookups(node: ASTNode): string[] {
  return isLookup(node) ? [textOf(node)] : nodesIn(node.args).flatMap(lookups);
}

const VARIABLES = new Set(['data', 'source', 'account', 'requestID', 'time']);

function isLookup(node: ASTNode): boolean {
  if (node.op === 'id') return VARIABLES.has(node.args);
  return (node.op === '.' || node.op === '[]') && isLookup(node.args[0]);
}

function valueOf(path: string, input: ConditionInput): unknown {
  try {
    return boundCondition(createEnvironment(), path).evaluate(input);
  } catch {
    return undefined;
  }
}

function valueText(value: unknown): string {
  if (value === undefined) return 'not there';
  const text = JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part === 'bigint') return Number(part);
    return part instanceof Map ? Object.fromEntries(part) : part;
  });
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text;
}
