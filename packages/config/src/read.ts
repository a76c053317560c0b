import { UNSET_SECRET } from '@ringback/contracts';
import { type TObject, type TSchema, type TUnion, Type } from 'typebox';
import { Value } from 'typebox/value';
import type { Environment } from './interpolate.ts';
import { createProblems, join, type Problems } from './problem.ts';
import { environmentOf, fillsItself, secretShape, stanzasOf } from './schema-facts.ts';
import { fileKey, type ReadFile, withSecretFiles } from './secret-files.ts';
import { type List, type Mapping, plain, type Place, type Tree, type Unset } from './tree.ts';
import { oneOf, problemOf, shown, unknownName } from './wording.ts';

export type ReadContext = {
  readonly problems: Problems;
  readonly env: Environment;
  readonly settingsPath: string;
  readonly readFile: ReadFile;
  /** Whether secrets that are not there are errors; if not, only revealing them is. */
  readonly secrets: 'required' | 'lazy';
};

/** A value that fits its schema; undefined: it does not, and that has been reported. */
type Read = { readonly value: unknown } | undefined;

/**
 * A tree → plain values that fit `schema`: secret files read, variables turned into numbers and truth values where the schema wants
 * them, defaults filled in; not decoded yet. Reports every problem; of one value and what stands in it, the innermost.
 */
export function read(schema: TSchema, tree: Tree, path: string, context: ReadContext): Read {
  if (tree.kind === 'broken') return undefined;
  if (tree.kind === 'unset') return readUnset(schema, tree, context);
  if (tree.kind === 'scalar' && String(tree.value).startsWith(UNSET_SECRET)) {
    context.problems.report(tree.place, path, 'the value begins with U+FDD0, which cannot be used');
    return undefined;
  }
  const inside = readInside(schema, tree, path, context);
  if (inside === undefined) return undefined;
  const problem = problemOf(schema, inside.value, tree);
  if (problem === undefined) return inside;
  context.problems.report(tree.place, path, problem);
  return undefined;
}

/** What an unset secret would hold as many as are wanted: one text, a list of one, a record of none. */
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

function readInside(schema: TSchema, tree: Tree, path: string, context: ReadContext): Read {
  if (Type.IsUnion(schema)) return readUnion(schema, tree, path, context);
  if (tree.kind === 'mapping' && Type.IsObject(schema)) return readSection(schema, tree, path, context);
  if (tree.kind === 'mapping' && Type.IsRecord(schema)) return readRecord(Type.RecordValue(schema), tree, path, context);
  if (tree.kind === 'list' && Type.IsArray(schema)) return readList(schema.items, tree, path, context);
  return { value: converted(schema, tree) };
}

function readSection(schema: TObject, mapping: Mapping, path: string, context: ReadContext): Read {
  const { properties } = schema;
  const entries = withSecretFiles({ ...context, properties, mapping, path });
  const keys = Object.entries(properties).flatMap(([key, property]) =>
    secretShape(property) === undefined ? [key] : [key, fileKey(key)],
  );
  let sound = true;
  const values: Record<string, unknown> = {};
  for (const [key, { keyPlace }] of entries) {
    if (Object.hasOwn(properties, key)) continue;
    sound = false;
    context.problems.report(keyPlace, join(path, key), `unknown key; ${unknownName(key, keys)}`);
  }
  for (const [key, property] of Object.entries(properties)) {
    const entry = entries.get(key);
    if (entry === undefined && !fillsItself(property) && Type.IsOptional(property)) continue;
    const result =
      entry === undefined
        ? absent(property, mapping.place, join(path, key), context)
        : read(property, entry.value, join(path, key), context);
    if (result === undefined) sound = false;
    else values[key] = result.value;
  }
  return sound ? { value: values } : undefined;
}

function absent(schema: TSchema, place: Place, path: string, context: ReadContext): Read {
  if ('default' in schema) return { value: Value.Clone(schema.default) };
  const variable = environmentOf(schema);
  const value = variable === undefined ? undefined : context.env[variable];
  if (value !== undefined && value !== '') {
    return read(schema, { kind: 'scalar', place, value, origin: 'hidden' }, `${path} (from ${variable})`, context);
  }
  if (variable === undefined && fillsItself(schema))
    return read(schema, { kind: 'mapping', place, entries: new Map() }, path, context);
  const key = path.split('.').at(-1) ?? path;
  const ways = secretShape(schema) === undefined ? [] : [`write ${key} or ${fileKey(key)}`];
  if (variable !== undefined) ways.push(`set the environment variable ${variable}`);
  const text = ['is missing', ...(ways.length > 0 ? [ways.join(', or ')] : [])].join('; ');
  // Only what the environment may hold can be there for another process: any other key is missing for all.
  if (variable !== undefined) return readUnset(schema, { kind: 'unset', place, path, problems: [{ ...place, text }] }, context);
  context.problems.report(place, path, text);
  return undefined;
}

function readRecord(schema: TSchema, { entries }: Mapping, path: string, context: ReadContext): Read {
  const results = [...entries].map(([key, { value }]) => [key, read(schema, value, join(path, key), context)] as const);
  if (results.some(([, result]) => result === undefined)) return undefined;
  return { value: Object.fromEntries(results.map(([key, result]) => [key, result?.value])) };
}

function readList(schema: TSchema, { items }: List, path: string, context: ReadContext): Read {
  const results = items.map((item, index) => read(schema, item, join(path, index), context));
  return results.includes(undefined) ? undefined : { value: results.map((result) => result?.value) };
}

function readUnion(schema: TUnion, tree: Tree, path: string, context: ReadContext): Read {
  const stanzas = stanzasOf(schema);
  if (stanzas !== undefined && tree.kind === 'mapping') return readStanza(stanzas, tree, path, context);
  const candidates = schema.anyOf.filter((branch) => shapeOf(branch) === tree.kind);
  const attempts = candidates.map((branch) => {
    const problems = createProblems('');
    return { branch, result: read(branch, tree, path, { ...context, problems }), count: problems.count() };
  });
  const fits = attempts.find(({ result }) => result !== undefined);
  if (fits !== undefined) return fits.result;
  const [nearest] = attempts.toSorted((a, b) => a.count - b.count);
  // Of several forms of a scalar none is nearer: the caller names them all.
  if (nearest === undefined || (tree.kind === 'scalar' && attempts.length > 1)) return { value: plain(tree) };
  return read(nearest.branch, tree, path, context);
}

function readStanza(stanzas: ReadonlyMap<string, TObject>, mapping: Mapping, path: string, context: ReadContext): Read {
  const type = mapping.entries.get('type')?.value;
  const stanza = type?.kind === 'scalar' && typeof type.value === 'string' ? stanzas.get(type.value) : undefined;
  if (stanza !== undefined) return read(stanza, mapping, path, context);
  if (type?.kind === 'broken') return undefined;
  const problem = type === undefined ? 'is missing; write' : `${shown(Type.String(), type)} is not`;
  context.problems.report((type ?? mapping).place, join(path, 'type'), `${problem} ${oneOf(stanzas.keys())}`);
  return undefined;
}

function shapeOf(schema: TSchema): Tree['kind'] {
  if (Type.IsArray(schema)) return 'list';
  return Type.IsObject(schema) || Type.IsRecord(schema) ? 'mapping' : 'scalar';
}

/** Only what is one unquoted variable can become a number or a truth value: `"${PORT}"` is text, as `"8080"` is. */
function converted(schema: TSchema, tree: Tree): unknown {
  const value = plain(tree);
  if (tree.kind !== 'scalar' || tree.origin !== 'variable' || typeof value !== 'string') return value;
  if ((Type.IsInteger(schema) || Type.IsNumber(schema)) && /^-?\d+(\.\d+)?$/.test(value)) return Number(value);
  return Type.IsBoolean(schema) && (value === 'true' || value === 'false') ? value === 'true' : value;
}
