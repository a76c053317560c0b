import { type ASTNode, serialize } from '@marcbachmann/cel-js';
import type { TSchema } from 'typebox';
import { compileCondition, createEnvironment } from './condition.ts';
import { nodesIn, type UnknownField, unknownFields } from './condition-fields.ts';

export type ReviewFacts = {
  readonly bodies: readonly TSchema[];
  readonly sources: readonly string[];
  readonly accounts: readonly string[];
};

export type ConditionReview = {
  readonly unknownFields: readonly UnknownField[];
  /** Undefined: it may be true. */
  readonly never: string | undefined;
};

export function reviewCondition(text: string, facts: ReviewFacts): ConditionReview {
  const { ast } = createEnvironment().parse(text);
  return { unknownFields: unknownFields(ast, facts.bodies), never: neverHolds(ast, facts) };
}

function neverHolds(node: ASTNode, facts: ReviewFacts): string | undefined {
  if (node.op === '&&') return neverHolds(node.args[0], facts) ?? neverHolds(node.args[1], facts);
  if (node.op === '||') {
    const [left, right] = node.args.map((side) => neverHolds(side, facts));
    return left !== undefined && right !== undefined ? `${left}, and ${right}` : undefined;
  }
  if (node.op === '==') return neverEqual(node.args, facts) ?? alwaysFalse(node);
  return alwaysFalse(node);
}

/** `source == "x"`, if no source is named x. */
function neverEqual([left, right]: readonly [ASTNode, ASTNode], { sources, accounts }: ReviewFacts): string | undefined {
  const [variable, literal] = left.op === 'id' ? [left, right] : [right, left];
  if (variable.op !== 'id' || literal.op !== 'value' || typeof literal.args !== 'string') return undefined;
  const known = variable.args === 'source' ? sources : variable.args === 'account' ? accounts : undefined;
  if (known === undefined || known.includes(literal.args)) return undefined;
  return `no ${variable.args} is called ${JSON.stringify(literal.args)}; known: ${known.join(', ')}`;
}

function alwaysFalse(node: ASTNode): string | undefined {
  if (usesVariables(node)) return undefined;
  const text = textOf(node);
  const verdict = compileCondition(text)({ data: undefined, source: '', account: '', requestID: '', time: new Date(0) });
  return 'holds' in verdict && !verdict.holds ? `${text} is always false` : undefined;
}

function usesVariables(node: ASTNode): boolean {
  return node.op === 'id' || nodesIn(node.args).some(usesVariables);
}

/** From the source it would lack the parentheses at its end. */
export function textOf(node: ASTNode): string {
  return serialize(node);
}
