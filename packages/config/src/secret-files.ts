import { dirname, resolve } from 'node:path';
import type { TSchema } from 'typebox';
import { isScalar, type Node, type YAMLMap } from 'yaml';
import { join, type Problems } from './problem.ts';
import { secretShape } from './schema-facts.ts';
import type { SettingsDocument } from './document.ts';
import { type Entry, entriesOf, hasNoValue } from './nodes.ts';

export type ReadFile = (path: string) => Uint8Array;

type Options = {
  readonly properties: Readonly<Record<string, TSchema>>;
  readonly document: SettingsDocument;
  readonly mapping: YAMLMap;
  readonly path: string;
  readonly settingsPath: string;
  readonly readFile: ReadFile;
  readonly problems: Problems;
};

export function fileKey(key: string): string {
  return `${key}File`;
}

/**
 * Replaces each `…File` key by the secret in that file. Paths are relative to the settings file. In the file,
 * a list is one secret a line, a record is lines of `Name: value`.
 */
export function withSecretFiles(options: Options): ReadonlyMap<string, Entry> {
  const { document, mapping, path, problems } = options;
  const entries = entriesOf(mapping);
  for (const [key, schema] of Object.entries(options.properties)) {
    const shape = secretShape(schema);
    const twin = entries.get(fileKey(key));
    if (shape === undefined || twin === undefined) continue;
    entries.delete(fileKey(key));
    if (entries.has(key))
      problems.report(document.placeOf(twin.key), join(path, fileKey(key)), `${key} is given as well; keep one of them`);
    else entries.set(key, { key: twin.key, value: secretIn(twin.value, shape, join(path, fileKey(key)), options) });
  }
  return entries;
}

type Shape = NonNullable<ReturnType<typeof secretShape>>;

function secretIn(named: Node, shape: Shape, path: string, { document, settingsPath, readFile, problems }: Options): Node {
  const { marks, placeOf, standIn } = document;
  const broken = (problem: string): Node => {
    problems.report(placeOf(named), path, problem);
    return standIn(named, null, 'broken');
  };
  if (hasNoValue(marks.get(named))) return named;
  if (!isScalar(named) || typeof named.value !== 'string' || named.value === '') return broken('is not the path of a file');
  const file = marks.has(named) ? 'the file' : named.value;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(readFile(resolve(dirname(settingsPath), named.value)));
  } catch (error) {
    const problem = { ...placeOf(named), text: `${file} cannot be read: ${reasonOf(error)}${hintFor(error)}` };
    return standIn(named, null, { path, problems: [problem] });
  }
  const secret = text.replace(/\r?\n$/, '');
  if (secret.trim() === '') return broken(`${file} is empty`);
  const value = valueOf(secret, shape);
  return value === undefined ? broken(`${file} does not hold lines of Name: value`) : standIn(named, value, 'hidden');
}

/** A key may be in a file as its bare bytes. */
const hintFor = (error: unknown) => (isEncoding(error) ? '; write the secret as text, a key in base64 or hexadecimal' : '');

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : '');
const isEncoding = (error: unknown) => codeOf(error) === 'ERR_ENCODING_INVALID_ENCODED_DATA';

/** From the error's code: its message may hold a path from a variable. */
export function reasonOf(error: unknown): string {
  const code = codeOf(error);
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES') return 'this user may not read it';
  if (code === 'EISDIR') return 'it is a folder';
  if (code === 'ENOTREG') return 'it is no regular file, and a reload reads no pipes';
  if (code === 'EFBIG') return 'it is larger than 16 MiB';
  return isEncoding(error) ? 'it is not text in UTF-8' : code;
}

function valueOf(secret: string, shape: Shape): string | readonly string[] | Readonly<Record<string, string>> | undefined {
  if (shape === 'text') return secret;
  const lines = secret.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (shape === 'list') return lines;
  const pairs = lines.map((line) => /^([^:]+):\s*(.*?)\s*$/.exec(line));
  if (pairs.includes(null)) return undefined;
  return Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? '', pair?.[2] ?? '']));
}
