import { closest, distance } from 'fastest-levenshtein';
import { type TSchema, Type } from 'typebox';
import type { TLocalizedValidationError } from 'typebox/error';
import { Value } from 'typebox/value';
import { isScalar, isSeq, type Node } from 'yaml';
import { holdsSecret, ownSchema, wordsOfPattern } from './schema-facts.ts';
import type { SettingsDocument } from './document.ts';

const LONGEST_SHOWN = 60;
const NOT_OF_KIND = new Set(['type', 'anyOf', 'const', 'enum', 'pattern']);

/** Not of its children, which MUST have been checked. Undefined: it fits. Never shows a secret or a variable's value. */
export function problemOf(schema: TSchema, value: unknown, node: Node, document: SettingsDocument): string | undefined {
  const errors = Value.Errors(ownSchema(schema), value);
  const error = errors.find(({ keyword, instancePath }) => keyword === 'anyOf' && instancePath === '') ?? errors[0];
  return error === undefined ? undefined : wordsFor(error, schema, node, document);
}

function wordsFor(error: TLocalizedValidationError, schema: TSchema, node: Node, document: SettingsDocument): string {
  const it = shown(schema, node, document);
  const { keyword, params } = error;
  if (NOT_OF_KIND.has(keyword)) return `${it} is not ${kindOf(schema)}${advice(schema, node, document)}`;
  if (keyword === '~refine') return `${it} ${params.message}`;
  if (keyword === 'minimum') return `${it} is too small: at least ${params.limit}`;
  if (keyword === 'maximum') return `${it} is too large: at most ${params.limit}`;
  if (keyword === 'minItems') return `has too few entries: at least ${params.limit}`;
  if (keyword === 'maxItems') return `has too many entries: at most ${params.limit}`;
  if (keyword === 'minLength' && params.limit === 1) return 'is empty';
  return `${it} ${error.message}`;
}

/** For messages. */
export function shown(schema: TSchema, node: Node, document: SettingsDocument): string {
  if (!isScalar(node)) return isSeq(node) ? 'a list' : 'a mapping';
  if (node.value === null) return 'nothing';
  if (document.marks.has(node) || holdsSecret(schema)) return 'the value';
  const text = JSON.stringify(node.value);
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
}

function advice(schema: TSchema, node: Node, document: SettingsDocument): string {
  return wantsQuotes(schema, node) ? '; put it in quotes' : didYouMean(choicesOf(schema), node, document);
}

/** `; did you mean sha256?`, if the value may be shown and is close to a choice. */
export function didYouMean(choices: readonly string[], node: Node, document: SettingsDocument): string {
  if (!isScalar(node) || typeof node.value !== 'string' || document.marks.has(node)) return '';
  const near = nearest(node.value, choices);
  return near === undefined ? '' : `; did you mean ${near}?`;
}

function choicesOf(schema: TSchema): string[] {
  const values: unknown[] = Type.IsEnum(schema)
    ? schema.enum
    : Type.IsUnion(schema)
      ? schema.anyOf.map((branch) => (Type.IsLiteral(branch) ? branch.const : undefined))
      : [];
  return values.filter((value) => typeof value === 'string');
}

function wantsQuotes(schema: TSchema, node: Node): boolean {
  const value = isScalar(node) ? node.value : undefined;
  return Type.IsString(schema) && (typeof value === 'number' || typeof value === 'boolean') && Value.Check(schema, String(value));
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
  return wordsOfPattern(schema) ?? (Type.IsObject(schema) || Type.IsRecord(schema) ? 'a mapping' : 'text');
}

const either = (schemas: readonly TSchema[]) => [...new Set(schemas.map(kindOf))].join(' or ');

/** `one of a, b, c`. */
export function oneOf(allowed: Iterable<unknown>): string {
  return `one of ${[...allowed].join(', ')}`;
}

/** Suggests the most similar name. For after a semicolon. */
export function unknownName(name: string, allowed: readonly string[]): string {
  const near = nearest(name, allowed);
  return `${near === undefined ? 'known' : `did you mean ${near}? Known`}: ${allowed.length > 0 ? allowed.join(', ') : 'none'}`;
}

function nearest(name: string, allowed: readonly string[]): string | undefined {
  if (allowed.length === 0) return undefined;
  const near = closest(name, [...allowed]);
  return distance(name.toLowerCase(), near.toLowerCase()) <= Math.max(1, Math.floor(near.length / 3)) ? near : undefined;
}
