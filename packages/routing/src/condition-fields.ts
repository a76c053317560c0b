import type { ASTNode } from '@marcbachmann/cel-js';
import type { TSchema } from 'typebox';
import { elementsIn, fieldIn, namesIn } from './body-fields.ts';

export type UnknownField = { readonly path: string; readonly name: string; readonly known: readonly string[] };

/** A part of the body. Undefined: anything. */
type Shape = { readonly path: string; readonly schemas: readonly TSchema[] } | undefined;
type Scope = ReadonlyMap<string, Shape>;

/** Macros with a variable for each element: `data.intents.exists(i, i.intentTag == 'A')`. */
const PER_ELEMENT = new Set(['all', 'exists', 'exists_one', 'filter', 'map']);

export function unknownFields(condition: ASTNode, bodies: readonly TSchema[]): UnknownField[] {
  const unknown = new Map<string, UnknownField>();
  shapeOf(condition, new Map([['data', { path: 'data', schemas: bodies }]]));
  return [...unknown.values()];

  function shapeOf(node: ASTNode, scope: Scope): Shape {
    if (node.op === 'id') return scope.get(node.args);
    if (node.op === '.' || node.op === '.?') return member(shapeOf(node.args[0], scope), node.args[1]);
    if (node.op === '[]' || node.op === '[?]') return indexed(shapeOf(node.args[0], scope), node.args[1], scope);
    if (node.op === 'rcall') return called(node.args, scope);
    for (const below of nodesIn(node.args)) shapeOf(below, scope);
    return undefined;
  }

  function member(shape: Shape, name: string): Shape {
    const schemas = shape && fieldIn(shape.schemas, name);
    if (shape === undefined || schemas === undefined) return undefined;
    const path = `${shape.path}.${name}`;
    if (schemas.length > 0) return { path, schemas };
    unknown.set(path, { path, name, known: namesIn(shape.schemas) });
    return undefined;
  }

  function indexed(shape: Shape, key: ASTNode, scope: Scope): Shape {
    if (key.op === 'value' && typeof key.args === 'string') return member(shape, key.args);
    shapeOf(key, scope);
    const schemas = elementsIn(shape?.schemas ?? []);
    return shape && schemas.length > 0 ? { path: `${shape.path}[]`, schemas } : undefined;
  }

  function called([name, receiver, args]: readonly [string, ASTNode, readonly ASTNode[]], scope: Scope): Shape {
    const shape = shapeOf(receiver, scope);
    const [variable, ...parts] = args;
    const bindsElement = PER_ELEMENT.has(name) && variable?.op === 'id';
    const element = shape && { path: `${shape.path}[]`, schemas: elementsIn(shape.schemas) };
    const known = element !== undefined && element.schemas.length > 0 ? element : undefined;
    const inner = bindsElement ? new Map([...scope, [variable.args, known] as const]) : scope;
    for (const part of bindsElement ? parts : args) shapeOf(part, inner);
    return name === 'filter' ? shape : undefined;
  }
}

export function nodesIn(args: unknown): ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(nodesIn);
  return isNode(args) ? [args] : [];
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}
