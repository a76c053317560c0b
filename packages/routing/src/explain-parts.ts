import type { ASTNode } from '@marcbachmann/cel-js';
import { boundCondition } from './bounded-cel.ts';
import { compileCondition, type ConditionInput, createEnvironment } from './condition.ts';
import { nodesIn } from './condition-fields.ts';
import { textOf } from './condition-review.ts';

/** `value` shows values of the callback: MUST NOT be logged. */
export type ConditionPart = { readonly part: string; readonly value: string };

const LONGEST_VALUE = 60;
const MOST_PARTS = 50;

/** What the parts of a condition come to: those that &&, || and ! join, then the fields that it reads. */
export function partsOf(when: string, input: ConditionInput): ConditionPart[] {
  const { ast } = createEnvironment().parse(when);
  const operands = [...new Set(operandsOf(ast).map(textOf))].filter((text) => text !== textOf(ast));
  const fields = [...new Set(lookups(ast))].filter((path) => !operands.includes(path));
  return [
    ...operands.slice(0, MOST_PARTS).map((part) => ({ part, value: verdictText(part, input) })),
    ...fields.slice(0, MOST_PARTS).map((part) => ({ part, value: shownValue(part, input) })),
  ];
}

function operandsOf(node: ASTNode): ASTNode[] {
  if (node.op === '&&' || node.op === '||') return nodesIn(node.args).flatMap(operandsOf);
  if (node.op === '!_') return [node, ...nodesIn(node.args).flatMap(operandsOf)];
  return [node];
}

function verdictText(part: string, input: ConditionInput): string {
  const verdict = compileCondition(part)(input);
  return 'error' in verdict ? verdict.error : String(verdict.holds);
}

/** The longest field chains, such as `data.callInfoDetail.callStatus`, without macro variables. */
export function lookups(node: ASTNode): string[] {
  return isLookup(node) ? [textOf(node)] : nodesIn(node.args).flatMap(lookups);
}

const VARIABLES = new Set(['data', 'source', 'account', 'requestID', 'time']);

function isLookup(node: ASTNode): boolean {
  if (node.op === 'id') return VARIABLES.has(node.args);
  return (node.op === '.' || node.op === '[]') && isLookup(node.args[0]);
}

export function shownValue(path: string, input: ConditionInput): string {
  const value = valueOf(path, input);
  if (value === undefined) return 'not there';
  const text = JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part === 'bigint') return Number(part);
    return part instanceof Map ? Object.fromEntries(part) : part;
  });
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text;
}

function valueOf(path: string, input: ConditionInput): unknown {
  try {
    return boundCondition(createEnvironment(), path).evaluate(input);
  } catch {
    return undefined;
  }
}
