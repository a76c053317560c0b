import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { inspectSettings } from '../reach/load-settings.ts';
import { schemaText } from './schema.ts';

type Json = Readonly<Record<string, unknown>>;
type Found = {
  readonly keys: readonly (string | number)[];
  readonly pattern: string;
  readonly words: unknown;
  readonly type: unknown;
};

const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
const jsonsIn = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isJson) : []);
const entriesOf = (value: unknown): [string, Json][] =>
  isJson(value) ? Object.entries(value).filter((entry): entry is [string, Json] => isJson(entry[1])) : [];
const constOf = (stanza: Json): unknown => Object(Object(Object(stanza['if'])['properties'])['type'])['const'];

/** Any variable fits: this pattern is that of `${NAME}` alone, and no setting's. */
const VARIABLE = String.raw`\$\{`;

/** Every pattern below a schema, with the keys that lead to it and the type of the stanza around it. */
function patternsIn(schema: Json, keys: Found['keys'] = [], type?: unknown): Found[] {
  const { pattern, patternErrorMessage: words } = schema;
  const own = typeof pattern === 'string' && pattern !== VARIABLE ? [{ keys, pattern, words, type }] : [];
  return [
    ...own,
    ...entriesOf(schema['properties']).flatMap(([key, inner]) => patternsIn(inner, [...keys, key], type)),
    ...entriesOf(schema['patternProperties']).flatMap(([, inner]) => patternsIn(inner, [...keys, 'x-some'], type)),
    ...(isJson(schema['items']) ? patternsIn(schema['items'], [...keys, 0], type) : []),
    ...jsonsIn(schema['anyOf']).flatMap((inner) => patternsIn(inner, keys, type)),
    ...jsonsIn(schema['allOf']).flatMap((stanza) =>
      isJson(stanza['then']) ? patternsIn(stanza['then'], keys, constOf(stanza)) : [],
    ),
  ];
}

const found = patternsIn(JSON.parse(schemaText()));

/** Settings with `value` where `keys` lead, and nothing else but the type of the stanza. */
function nested([key, ...rest]: Found['keys'], value: string, type: unknown): unknown {
  if (key === undefined) return value;
  const inner = nested(rest, value, type);
  if (typeof key === 'string') return { [key]: inner };
  return [isJson(inner) ? { ...inner, type: inner['type'] ?? type } : inner];
}

const folder = mkdtempSync(join(tmpdir(), 'ringback-words-'));
afterAll(() => rmSync(folder, { recursive: true }));

function problemsOf(path: string): string {
  try {
    inspectSettings({ path, env: {} });
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
}

describe('every pattern of the settings', () => {
  it('is found by these tests', () => {
    const places = found.map(({ keys, type }) => `${String(type)} ${keys.join('.')}`);
    for (const place of ['undefined redis.url', 'hmac sources.0.signature.header', 'webhook outputs.0.headers.x-some'])
      expect(places).toContain(place);
    expect(found.length).toBeGreaterThan(50);
  });

  it.each(found)('has words in place of $pattern for $keys of $type', ({ keys, pattern, words, type }) => {
    expect(words).toMatch(/^This is not .+\.$/);
    const path = join(folder, 'ringback.yaml');
    // No pattern takes a space before a letter that is not ASCII and two dots. Long enough for a token.
    writeFileSync(path, JSON.stringify(nested(keys, ' é..'.repeat(5), type)));
    const err = problemsOf(path);
    const key = keys.reduce<string>((text, part) => (typeof part === 'number' ? `${text}[${part}]` : `${text}.${part}`), '');
    const lines = err.split('\n').filter((line) => line.includes(` ${key.slice(1)}: `));
    expect(lines.join('\n')).toContain(`is not ${String(words).slice('This is not '.length, -1)}`);
    for (const line of lines) expect(line).toMatch(/ringback\.yaml:\d+:\d+ /);
    expect(err).not.toContain(pattern);
    expect(err).not.toMatch(/\[a-z|\\[dws]|\(\?:|\]\+|\$$/m);
  });
});
