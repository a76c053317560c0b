import { dirname, resolve } from 'node:path';
import type { TSchema } from 'typebox';
import { join, type Problems } from './problem.ts';
import { secretShape } from './schema-facts.ts';
import type { Entry, Mapping, Tree } from './tree.ts';

export type ReadFile = (path: string) => Uint8Array;

type Options = {
  /** The properties of the section that the mapping stands for. */
  readonly properties: Readonly<Record<string, TSchema>>;
  readonly mapping: Mapping;
  /** The key of the mapping. */
  readonly path: string;
  readonly settingsPath: string;
  readonly readFile: ReadFile;
  readonly problems: Problems;
};

/** The key beside the secret `key` that names a file with it. */
export function fileKey(key: string): string {
  return `${key}File`;
}

/**
 * The entries of a mapping with each `…File` twin replaced by the secret that it names. A path is relative to the settings file's
 * folder. A list stands in its file as one secret a line, a record as lines of `Name: value`.
 */
export function withSecretFiles(options: Options): ReadonlyMap<string, Entry> {
  const { mapping, path, problems } = options;
  const entries = new Map(mapping.entries);
  for (const [key, schema] of Object.entries(options.properties)) {
    const shape = secretShape(schema);
    const twin = mapping.entries.get(fileKey(key));
    if (shape === undefined || twin === undefined) continue;
    entries.delete(fileKey(key));
    if (mapping.entries.has(key))
      problems.report(twin.keyPlace, join(path, fileKey(key)), `${key} is given as well; keep one of them`);
    else entries.set(key, { keyPlace: twin.keyPlace, value: secretIn(twin.value, shape, join(path, fileKey(key)), options) });
  }
  return entries;
}

type Shape = NonNullable<ReturnType<typeof secretShape>>;

function secretIn(named: Tree, shape: Shape, path: string, { settingsPath, readFile, problems }: Options): Tree {
  const { place } = named;
  const broken = (problem: string): Tree => {
    problems.report(place, path, problem);
    return { kind: 'broken', place };
  };
  if (named.kind === 'broken' || named.kind === 'unset') return named;
  if (named.kind !== 'scalar' || typeof named.value !== 'string' || named.value === '')
    return broken('is not the path of a file');
  const file = named.origin === 'written' ? named.value : 'the file';
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(readFile(resolve(dirname(settingsPath), named.value)));
  } catch (error) {
    return { kind: 'unset', place, path, problems: [{ ...place, text: `${file} cannot be read: ${reasonOf(error)}` }] };
  }
  const secret = text.replace(/\r?\n$/, '');
  if (secret.trim() === '') return broken(`${file} is empty`);
  const found = treeOf(secret, shape, place);
  return found ?? broken(`${file} does not hold lines of Name: value`);
}

/** What went wrong with a file, from the error's code: its message may hold a path that came from a variable. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES') return 'this user may not read it';
  if (code === 'EISDIR') return 'it is a folder';
  return code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? 'it is not text in UTF-8' : code;
}

function treeOf(secret: string, shape: Shape, place: Tree['place']): Tree | undefined {
  const hidden = (value: string): Tree => ({ kind: 'scalar', place, value, origin: 'hidden' });
  if (shape === 'text') return hidden(secret);
  const lines = secret.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (shape === 'list') return { kind: 'list', place, items: lines.map(hidden) };
  const pairs = lines.map((line) => /^([^:]+):\s*(.*?)\s*$/.exec(line));
  if (pairs.includes(null)) return undefined;
  const entries = new Map(pairs.map((pair) => [pair?.[1] ?? '', { keyPlace: place, value: hidden(pair?.[2] ?? '') }]));
  return { kind: 'mapping', place, entries };
}
