import { type Environment, EvaluationError, type ParseResult } from '@marcbachmann/cel-js';
import { type Cost, costOf } from './cel-costs.ts';
import { type LinearPattern, compilePattern } from './linear-pattern.ts';

/*
 * This file leans on the insides of @marcbachmann/cel-js 8.0.0: the evaluator's `run`, `tryEval` and
 * `debugTypeDeep`, and the `handle` and `meta.alternate` of a checked node. bounded-cel.test.ts fails when
 * they change.
 */

/** Limit for one evaluation. A step takes 20 to 200 ns; an ordinary condition takes ten steps. */
export const MAX_STEPS = 250_000;
/** For all conditions on one callback: they block the event loop. */
export const MAX_STEPS_OF_ALL = 4 * MAX_STEPS;
/** A caught error captures a stack and prints the condition. */
const ERROR_COST = 100;
/** Reading a text costs its length, shifted right. */
const TEXT_SHIFT = 8;

export class Overrun extends Error {
  constructor() {
    super('a condition took too many steps');
    this.name = 'Overrun';
  }
}

type Context = NonNullable<Parameters<ParseResult>[0]>;
type Handle = (...args: unknown[]) => unknown;
type Node = { op: string; args: unknown; start: number; end: number; handle?: Handle; meta?: { alternate?: unknown } };
type Evaluator = {
  run(node: CheckedNode, context: unknown): unknown;
  tryEval(node: CheckedNode, context: unknown): unknown;
  debugTypeDeep(value: unknown): unknown;
  debugType(value: unknown): unknown;
};
type CheckedNode = Node & { evaluate(evaluator: Evaluator, node: CheckedNode, context: unknown): unknown };

export type Bounded = {
  /** `atMost` lowers the limit. @throws Overrun, or what cel-js throws */
  evaluate(input: Context, atMost?: number): unknown;
  steps(): number;
  /** The first error that the last evaluation passed over, other than of a missing field. */
  passedOver(): unknown;
};

/** A field or an element is not there. */
export function isAbsent(error: unknown): boolean {
  return error instanceof EvaluationError && (error.code === 'no_such_key' || error.code === 'index_out_of_bounds');
}

/** MUST be the only user of its environment. */
export function boundCondition(environment: Environment, text: string, maxSteps = MAX_STEPS): Bounded {
  let given = maxSteps;
  let left = maxSteps;
  const charge: Cost = (steps) => {
    left -= steps;
    if (left < 0) throw new Overrun();
  };
  let passedOver: unknown;
  const parsed = environment.parse(text);
  parsed.check();
  const nodes = nodesOf(parsed.ast);
  const logical = new Set([...nodes].flatMap(leftOfLogical));
  const pass = (value: unknown, node: CheckedNode) => {
    passedOver ??= problemIn(value, logical.has(node) ? node : undefined);
  };
  bindEvaluator(evaluatorOf(environment), charge, pass);
  for (const node of nodes) boundNode(node, charge);
  return {
    evaluate(input, atMost = maxSteps) {
      given = Math.min(maxSteps, atMost);
      left = given;
      passedOver = undefined;
      const value: unknown = parsed(input);
      return value;
    },
    steps: () => given - left,
    passedOver: () => passedOver,
  };
}

/** The evaluator is private, but the environment passes it to operators. */
function evaluatorOf(environment: Environment): Evaluator {
  const probe = environment.parse('source == account');
  probe.check();
  let found: Evaluator | undefined;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- private: not in the library's types
  (probe.ast as unknown as Node).handle = (...args) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- private: not in the library's types
    found = args[3] as Evaluator;
    return true;
  };
  probe({ source: '', account: '' });
  if (found === undefined) throw new Error('cel-js hands its evaluator to operators no more');
  return found;
}

/** `run` evaluates every node but the root, so counting there bounds every loop. */
function bindEvaluator(evaluator: Evaluator, charge: Cost, pass: (value: unknown, node: CheckedNode) => void): void {
  evaluator.run = (node, context) => {
    charge(1);
    const value = node.evaluate(evaluator, node, context);
    if (typeof value === 'string') charge(value.length >>> TEXT_SHIFT);
    else if (value instanceof Uint8Array) charge(value.length >>> TEXT_SHIFT);
    return value;
  };
  evaluator.tryEval = (node, context) => {
    try {
      const value = evaluator.run(node, context);
      if (typeof value !== 'boolean') pass(value, node);
      return value;
    } catch (error) {
      if (error instanceof Overrun) throw error;
      charge(ERROR_COST);
      pass(error, node);
      return error;
    }
  };
  // Deep types would be cached for every shape of body.
  evaluator.debugTypeDeep = (value) => evaluator.debugType(value);
}

/** cel-js evaluates the right side of `||` and `&&` even if the left one is no bool. */
function problemIn(value: unknown, logical: Node | undefined): unknown {
  if (value instanceof Error) return isAbsent(value) ? undefined : value;
  return logical && new EvaluationError({ code: 'invalid_logical_operand', message: 'not true or false', range: logical });
}

function leftOfLogical({ op, args }: Node): unknown[] {
  return (op === '||' || op === '&&') && Array.isArray(args) ? args.slice(0, 1) : [];
}

/** Charges operands before the call. Runs `matches` in linear time. */
function boundNode(node: Node, charge: Cost): void {
  const { handle } = node;
  if (handle === undefined) return;
  const pattern = patternOf(node);
  if (pattern !== undefined) {
    node.handle = (...args) => {
      const [operands] = args;
      const subject: unknown = Array.isArray(operands) ? operands[0] : undefined;
      if (typeof subject !== 'string') return handle(...args);
      charge(pattern.cost(subject));
      return pattern.matches(subject);
    };
    return;
  }
  const cost = costOf(node.op, nameOf(node));
  if (cost === undefined) return;
  const operandsOf = operandsFirst(node) ? ([operands]: unknown[]) => (Array.isArray(operands) ? operands : []) : undefined;
  node.handle = (...args) => {
    cost(operandsOf?.(args) ?? args, charge);
    return handle(...args);
  };
}

function operandsFirst({ op }: Node): boolean {
  return op === 'call' || op === 'rcall';
}

function nameOf({ op, args }: Node): string | undefined {
  return (op === 'call' || op === 'rcall') && Array.isArray(args) ? String(args[0]) : undefined;
}

/** `checkCondition` demands a literal. */
function patternOf(node: Node): LinearPattern | undefined {
  if (node.op !== 'rcall' || nameOf(node) !== 'matches' || !Array.isArray(node.args)) return undefined;
  const [pattern]: unknown[] = Array.isArray(node.args[2]) ? node.args[2] : [];
  return isNode(pattern) && typeof pattern.args === 'string' ? compilePattern(pattern.args) : undefined;
}

/** Expanded macros included. */
function nodesOf(root: unknown, found = new Set<Node>()): Set<Node> {
  if (Array.isArray(root)) {
    for (const item of root) nodesOf(item, found);
  } else if (isNode(root) && !found.has(root)) {
    found.add(root);
    const { args } = root;
    nodesOf(isLoop(root) ? Object.values(args ?? {}) : args, found);
    nodesOf(root.meta?.alternate, found);
  }
  return found;
}

/** A loop's parts are in an object, other operands in a list. */
function isLoop({ op }: Node): boolean {
  return op === 'comprehension';
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}
