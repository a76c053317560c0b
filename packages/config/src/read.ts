import { UNSET_SECRET } from '@ringback/contracts';
import { type TObject, type TSchema, type TUnion, Type } from 'typebox';
import { Value } from 'typebox/value';
import { isMap, isNode, isScalar, isSeq, type Node, type YAMLMap, type YAMLSeq } from 'yaml';
import type { Environment } from './interpolate.ts';
import { createProblems, join, type Problems } from './problem.ts';
import { environmentOf, fillsItself, rivalsIn, secretShape, stanzasOf } from './schema-facts.ts';
import { fileKey, type ReadFile, withSecretFiles } from './secret-files.ts';
import type { SettingsDocument } from './document.ts';
import { type Entry, entriesOf, hasNoValue, type Unset } from './nodes.ts';
import { didYouMean, oneOf, problemOf, shown, unknownName } from './wording.ts';

export type ReadContext = {
  readonly document: SettingsDocument;
  readonly problems: Problems;
  readonly env: Environment;
  readonly settingsPath: string;
  readonly readFile: ReadFile;
  /** `lazy`: a missing secret is an error only when revealed. */
  readonly secrets: 'required' | 'lazy';
  /** Entries of lists that were read before, by path. */
  readonly done: Map<string, Read>;
};

/** Undefined: it does not fit, and that was reported. `fits`: the value was checked as a whole. Otherwise its children were. */
export type Read = { readonly value: unknown; readonly fits?: true } | undefined;

/**
 * Reads secret files, converts variables to numbers and truth values, and fills in defaults; does not decode.
 * Reports every problem; within a value, the innermost.
 */
export function read(schema: TSchema, node: Node, path: string, context: ReadContext): Read {
  const { document, problems } = context;
  const mark = document.marks.get(node);
  if (mark === 'broken') return undefined;
  if (typeof mark === 'object') return readUnset(schema, mark, context);
  if (isScalar(node) && String(node.value).startsWith(UNSET_SECRET)) {
    problems.report(document.placeOf(node), path, 'the value begins with U+FDD0, which cannot be used');
    return undefined;
  }
  const inside = readInside(schema, node, path, context);
  if (inside === undefined || inside.fits === true) return inside;
  const problem = problemOf(schema, inside.value, node, document);
  if (problem === undefined) return { ...inside, fits: true };
  problems.report(document.placeOf(node), path, problem);
  return undefined;
}

/** A missing secret as the schema wants it: a text, a list of one, or an empty record. */
function readUnset(schema: TSchema, { path, problems: found }: Unset, context: ReadContext): Read {
  const shape = secretShape(schema);
  if (context.secrets === 'required' || shape === undefined) {
    for (const { text, ...at } of found) context.problems.report(at, path, text);
    return undefined;
  }
  const text = UNSET_SECRET + found.map((problem) => context.problems.lineOf(problem, path, problem.text)).join('\n');
  if (shape === 'record') return { value: {} };
  return { value: shape === 'list' ? [text] : text };
}

function readInside(schema: TSchema, node: Node, path: string, context: ReadContext): Read {
  if (Type.IsUnion(schema)) return readUnion(schema, node, path, context);
  if (isMap(node) && Type.IsObject(schema)) return readSection(schema, node, path, context);
  if (isMap(node) && Type.IsRecord(schema)) return readRecord(Type.RecordValue(schema), node, path, context);
  if (isSeq(node) && Type.IsArray(schema)) return readList(schema.items, node, path, context);
  return { value: converted(schema, node, context) };
}

function readSection(schema: TObject, mapping: YAMLMap, path: string, context: ReadContext): Read {
  const { properties } = schema;
  const entries = withSecretFiles({ ...context, properties, mapping, path });
  const keys = Object.entries(properties).flatMap(([key, property]) =>
    secretShape(property) === undefined ? [key] : [key, fileKey(key)],
  );
  const rivals = rivalsIn(schema);
  let sound = isUnrivalled(rivals, entries, path, context);
  const values: Record<string, unknown> = {};
  for (const [key, entry] of entries) {
    if (Object.hasOwn(properties, key)) continue;
    sound = false;
    context.problems.report(context.document.placeOf(entry.key), join(path, key), `unknown key; ${unknownName(key, keys)}`);
  }
  for (const [key, property] of Object.entries(properties)) {
    const entry = entries.get(key);
    if (entry === undefined && !fillsItself(property) && Type.IsOptional(property)) continue;
    if (entry === undefined && rivals.includes(key) && rivals.some((rival) => entries.has(rival))) continue;
    const result =
      entry === undefined
        ? absent(property, mapping, join(path, key), { ...context, rivals })
        : read(property, entry.value, join(path, key), context);
    if (result === undefined) sound = false;
    else values[key] = result.value;
  }
  return sound ? { value: values } : undefined;
}

/** Reports every key but the first of those that exclude one another. */
function isUnrivalled(
  rivals: readonly string[],
  entries: ReadonlyMap<string, Entry>,
  path: string,
  context: ReadContext,
): boolean {
  const standing = [...entries].filter(([key]) => rivals.includes(key));
  // A `…File` twin was put at the end.
  const [first, ...others] = standing.toSorted(([, a], [, b]) => (a.key.range?.[0] ?? 0) - (b.key.range?.[0] ?? 0));
  for (const [key, { key: node }] of others) {
    const text = `${first?.[0]} is given as well; keep one of ${rivals.join(', ')}`;
    context.problems.report(context.document.placeOf(node), join(path, key), text);
  }
  return others.length === 0;
}

function absent(schema: TSchema, mapping: YAMLMap, path: string, context: ReadContext & { rivals: readonly string[] }): Read {
  const { placeOf, standIn } = context.document;
  if ('default' in schema && !Type.IsObject(schema)) return { value: Value.Clone(schema.default) };
  const variable = environmentOf(schema);
  const value = variable === undefined ? undefined : context.env[variable];
  if (value !== undefined && value !== '') {
    return read(schema, standIn(mapping, value, 'hidden'), `${path} (from ${variable})`, context);
  }
  if (variable === undefined && fillsItself(schema)) return read(schema, standIn(mapping, {}, 'hidden'), path, context);
  const key = path.split('.').at(-1) ?? path;
  const others = context.rivals.filter((rival) => rival !== key);
  const keys = secretShape(schema) === undefined ? [] : [key, fileKey(key), ...(context.rivals.includes(key) ? others : [])];
  const ways = keys.length === 0 ? [] : [`write ${keys.slice(0, -1).join(', ')} or ${keys.at(-1)}`];
  if (variable !== undefined) ways.push(`set the environment variable ${variable}`);
  const text = ['is missing', ...(ways.length > 0 ? [ways.join(', or ')] : [])].join('; ');
  // Only an environment variable may be set for another process.
  if (variable !== undefined) return readUnset(schema, { path, problems: [{ ...placeOf(mapping), text }] }, context);
  context.problems.report(placeOf(mapping), path, text);
  return undefined;
}

function readRecord(schema: TSchema, mapping: YAMLMap, path: string, context: ReadContext): Read {
  const results = [...entriesOf(mapping)].map(
    ([key, { value }]) => [key, read(schema, value, join(path, key), context)] as const,
  );
  if (results.some(([, result]) => result === undefined)) return undefined;
  return { value: Object.fromEntries(results.map(([key, result]) => [key, result?.value])) };
}

function readList(schema: TSchema, { items }: YAMLSeq, path: string, context: ReadContext): Read {
  const results = items.filter(isNode).map((item, index) => {
    const at = join(path, index);
    return context.done.has(at) ? context.done.get(at) : read(schema, item, at, context);
  });
  return results.includes(undefined) ? undefined : { value: results.map((result) => result?.value) };
}

function readUnion(schema: TUnion, node: Node, path: string, context: ReadContext): Read {
  const stanzas = stanzasOf(schema);
  if (stanzas !== undefined && isMap(node)) return readStanza(stanzas, node, path, context);
  const candidates = schema.anyOf.filter((branch) => fitsShape(branch, node));
  const attempts = candidates.map((branch) => {
    const problems = createProblems('');
    return { branch, result: read(branch, node, path, { ...context, problems }), count: problems.count() };
  });
  const fits = attempts.find(({ result }) => result !== undefined);
  if (fits !== undefined) return fits.result;
  const [nearest] = attempts.toSorted((a, b) => a.count - b.count);
  // No form of a scalar is nearest: the caller names them all.
  if (nearest === undefined || (isScalar(node) && attempts.length > 1)) return { value: context.document.valueOf(node) };
  return read(nearest.branch, node, path, context);
}

function readStanza(stanzas: ReadonlyMap<string, TObject>, mapping: YAMLMap, path: string, context: ReadContext): Read {
  const { document, problems } = context;
  const type = entriesOf(mapping).get('type')?.value;
  const stanza = isScalar(type) && typeof type.value === 'string' ? stanzas.get(type.value) : undefined;
  if (stanza !== undefined) return read(stanza, mapping, path, context);
  if (type !== undefined && hasNoValue(document.marks.get(type))) {
    read(Type.String(), type, join(path, 'type'), context);
    return undefined;
  }
  const problem = type === undefined ? 'is missing; write' : `${shown(Type.String(), type, document)} is not`;
  const meant = type === undefined ? '' : didYouMean([...stanzas.keys()], type, document);
  problems.report(document.placeOf(type ?? mapping), join(path, 'type'), `${problem} ${oneOf(stanzas.keys())}${meant}`);
  return undefined;
}

function fitsShape(schema: TSchema, node: Node): boolean {
  if (Type.IsArray(schema)) return isSeq(node);
  return Type.IsObject(schema) || Type.IsRecord(schema) ? isMap(node) : isScalar(node);
}

/** Only one unquoted variable may become a number or a truth value: `"${PORT}"` is text, as `"8080"` is. */
function converted(schema: TSchema, node: Node, { document }: ReadContext): unknown {
  const value = document.valueOf(node);
  if (document.marks.get(node) !== 'variable' || typeof value !== 'string') return value;
  if ((Type.IsInteger(schema) || Type.IsNumber(schema)) && /^-?\d+(\.\d+)?$/.test(value)) return Number(value);
  return Type.IsBoolean(schema) && (value === 'true' || value === 'false') ? value === 'true' : value;
}
