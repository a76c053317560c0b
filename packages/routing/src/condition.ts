import { type ASTNode, Environment, EvaluationError } from '@marcbachmann/cel-js';
import { boundCondition, isAbsent, MAX_STEPS, Overrun } from './bounded-cel.ts';
import { patternProblem } from './linear-pattern.ts';

const LONGEST_REPORT = 160;

export function createEnvironment(): Environment {
  return new Environment()
    .registerVariable('data', 'dyn')
    .registerVariable('source', 'string')
    .registerVariable('account', 'string')
    .registerVariable('requestID', 'string')
    .registerVariable('time', 'google.protobuf.Timestamp');
}

/** `data` may be a getter: it is read only if needed. */
export type ConditionInput = {
  readonly data: unknown;
  readonly source: string;
  readonly account: string;
  readonly requestID: string;
  readonly time: Date;
};

/** `absent`: a field or an element is not there, and nothing else is wrong. `overran`: too many steps. Errors show no input value. */
type ConditionFailure = { readonly error: string; readonly why: 'absent' | 'overran' | 'failed' };
type Verdict = { readonly holds: boolean } | ConditionFailure;

/** `atMost` lowers the limit of steps. */
export type Condition = (input: ConditionInput, atMost?: number) => Verdict & { readonly steps: number };

/** Undefined: usable. MUST be a bool; patterns of `matches` MUST be RE2 literals. */
export function checkCondition(text: string): string | undefined {
  const environment = createEnvironment();
  const result = environment.check(text);
  if (!result.valid)
    return `${result.error?.summary ?? 'not CEL'}${place(result.error?.range?.start)}${hint(result.error?.code, text)}`;
  const { type = 'dyn' } = result;
  if (type !== 'bool' && !type.startsWith('dyn'))
    return `gives ${type}, but a condition must be true or false${hint('not_bool', text)}`;
  return patternsIn(environment.parse(text).ast).find((problem) => problem !== undefined);
}

/** For a checked condition. Never throws; bounded in steps. */
export function compileCondition(text: string): Condition {
  const bounded = boundCondition(createEnvironment(), text);
  const judge = (...args: Parameters<typeof bounded.evaluate>): Verdict => {
    try {
      const result = bounded.evaluate(...args);
      return typeof result === 'boolean' ? { holds: result } : { error: report('not true or false', text), why: 'failed' };
    } catch (thrown) {
      // A missing field may hide an error of another kind: only without one is the field the reason.
      const error = isAbsent(thrown) ? (bounded.passedOver() ?? thrown) : thrown;
      return { error: report(...reasonOf(error, text)), why: whyOf(error) };
    }
  };
  return (input, atMost = MAX_STEPS) => {
    if (atMost <= 0) return { error: report('those before it took too long', text), why: 'overran', steps: 0 };
    const verdict = judge(input, atMost);
    return { ...verdict, steps: bounded.steps() };
  };
}

function whyOf(error: unknown): ConditionFailure['why'] {
  if (error instanceof Overrun) return 'overran';
  return isAbsent(error) ? 'absent' : 'failed';
}

/** From code and position: the library's message may quote the callback. */
function reasonOf(error: unknown, text: string): [what: string, where: string] {
  if (error instanceof Overrun) return ['takes too long', text];
  if (!(error instanceof EvaluationError)) return ['cannot be evaluated', text];
  return [error.code.replaceAll('_', ' '), error.range === undefined ? text : text.slice(error.range.start, error.range.end)];
}

function report(what: string, where: string): string {
  const line = `${what}: ${where.replaceAll(/\s+/g, ' ')}`;
  return line.length > LONGEST_REPORT ? `${line.slice(0, LONGEST_REPORT)}…` : line;
}

function place(start: number | undefined): string {
  return start === undefined ? '' : ` (character ${start + 1})`;
}

function hint(code: string | undefined, text: string): string {
  if (code === 'unknown_variable') return '; a condition may use data, source, account, requestID and time';
  return usesTypeAsVariable(text) ? '; use match for the type of the callback' : '';
}

/** In CEL, `type` is a function and the type of types. */
function usesTypeAsVariable(text: string): boolean {
  try {
    return names(createEnvironment().parse(text).ast).includes('type');
  } catch {
    return false;
  }
}

function names(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(names);
  if (!isNode(node)) return [];
  return node.op === 'id' ? [node.args] : names(node.args);
}

/** The problem of each `matches` below `node`. */
function patternsIn(node: unknown): (string | undefined)[] {
  if (Array.isArray(node)) return node.flatMap(patternsIn);
  if (!isNode(node)) return [];
  const below = patternsIn(node.args);
  return node.op === 'rcall' && node.args[0] === 'matches' ? [problemOf(node.args[2][0]), ...below] : below;
}

function problemOf(pattern: ASTNode | undefined): string | undefined {
  if (pattern?.op !== 'value' || typeof pattern.args !== 'string')
    return 'the pattern of matches() must be a text written in the condition';
  const problem = patternProblem(pattern.args);
  return problem === undefined ? undefined : `${problem}${place(pattern.start)}`;
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}
