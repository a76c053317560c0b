import { closest, distance } from 'fastest-levenshtein';
import { type TSchema, Type } from 'typebox';
import type { TLocalizedValidationError } from 'typebox/error';
import { Value } from 'typebox/value';
import { holdsSecret, wordsOfPattern } from './schema-facts.ts';
import type { Tree } from './tree.ts';

const LONGEST_SHOWN = 60;
const NOT_OF_KIND = new Set(['type', 'anyOf', 'const', 'enum', 'pattern']);

/** What is wrong with a value, its children aside, and what is allowed; undefined where it fits. Never shows a secret or a variable's value. */
export function problemOf(schema: TSchema, value: unknown, tree: Tree): string | undefined {
  const errors = Value.Errors(schema, value);
  const error = errors.find(({ keyword, instancePath }) => keyword === 'anyOf' && instancePath === '') ?? errors[0];
  return error === undefined ? undefined : wordsFor(error, schema, tree);
}

function wordsFor(error: TLocalizedValidationError, schema: TSchema, tree: Tree): string {
  const it = shown(schema, tree);
  const { keyword, params } = error;
  if (NOT_OF_KIND.has(keyword)) return `${it} is not ${kindOf(schema)}${wantsQuotes(schema, tree) ? '; put it in quotes' : ''}`;
  if (keyword === '~refine') return `${it} ${params.message}`;
  if (keyword === 'minimum') return `${it} is too small: at least ${params.limit}`;
  if (keyword === 'maximum') return `${it} is too large: at most ${params.limit}`;
  if (keyword === 'minItems') return `has too few entries: at least ${params.limit}`;
  if (keyword === 'maxItems') return `has too many entries: at most ${params.limit}`;
  if (keyword === 'minLength' && params.limit === 1) return 'is empty';
  return `${it} ${error.message}`;
}

/** A value as it may stand in a message about it. */
export function shown(schema: TSchema, tree: Tree): string {
  if (tree.kind !== 'scalar') return tree.kind === 'list' ? 'a list' : 'a mapping';
  if (tree.value === null) return 'nothing';
  if (tree.origin !== 'written' || holdsSecret(schema)) return 'the value';
  const text = JSON.stringify(tree.value);
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
}

function wantsQuotes(schema: TSchema, tree: Tree): boolean {
  if (!Type.IsString(schema) || tree.kind !== 'scalar' || tree.value === null) return false;
  return typeof tree.value !== 'string' && Value.Check(schema, String(tree.value));
}

function kindOf(schema: TSchema): string {
  if (Type.IsUnion(schema))
    return schema.anyOf.every(Type.IsLiteral) ? oneOf(schema.anyOf.map((literal) => literal.const)) : either(schema.anyOf);
  if (Type.IsEnum(schema)) return oneOf(schema.enum);
  if (Type.IsLiteral(schema)) return String(schema.const);
  if (Type.IsInteger(schema)) return 'a whole number';
  if (Type.IsNumber(schema)) return 'a number';
  if (Type.IsBoolean(schema)) return 'true or false';
  if (Type.IsArray(schema)) return 'a list';
  if (Type.IsObject(schema) || Type.IsRecord(schema)) return 'a mapping';
  return wordsOfPattern(schema) ?? 'text';
}

const either = (schemas: readonly TSchema[]) => [...new Set(schemas.map(kindOf))].join(' or ');

/** `one of a, b, c`: what is allowed. */
export function oneOf(allowed: Iterable<unknown>): string {
  return `one of ${[...allowed].join(', ')}`;
}

/** What is wrong with `name`, which is none of `allowed`, with the one that was probably meant. */
export function unknownName(name: string, allowed: readonly string[]): string {
  const near = allowed.length > 0 ? closest(name, [...allowed]) : undefined;
  const close =
    near !== undefined && distance(name.toLowerCase(), near.toLowerCase()) <= Math.max(1, Math.floor(near.length / 3));
  return `${close ? `did you mean ${near}? ` : ''}Known: ${allowed.length > 0 ? allowed.join(', ') : 'none'}`;
}
