import { globSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BUILT_IN } from '@ringback/config';
import { ringback } from '@ringback/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse, stringify } from 'yaml';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

const pages = ['README.md', ...globSync('docs/*.md', { cwd: ROOT })];
const examples = pages.flatMap((page) =>
  [...read(page).matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text = ''], index) => ({ page, number: index + 1, text })),
);

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
function valueOf(variable: string): string {
  if (variable.endsWith('_URL')) return 'https://example.com/hook';
  return variable.endsWith('_BODY_KEY') ? 'ab'.repeat(32) : SECRET;
}

type Sections = { outputs?: unknown; routes?: { to?: string[] }[] };

/** Adds the sections that an excerpt leaves out. */
function completed(text: string): string {
  const given = parse(text.replaceAll(/\$\{\w+\}/g, 'x')) as Sections | null;
  const names = new Set(['other', ...(given?.routes ?? []).flatMap(({ to = [] }) => to)]);
  const missing = {
    sources: [{ name: 'other', type: 'standard-webhooks', path: '/other', secrets: [SECRET] }],
    outputs: [...names].map((name) => ({ name, type: 'stdout' })),
    routes: given?.outputs === undefined ? [{ to: ['other'] }] : [],
  };
  const added = Object.entries(missing).filter(([section]) => !Object.hasOwn(given ?? {}, section));
  return `${text}\n${added.length === 0 ? '' : stringify(Object.fromEntries(added))}`;
}

describe('examples of settings in the docs', () => {
  it('are found', () => expect(examples.length).toBeGreaterThan(8));

  it.each(examples)('$page, block $number passes `ringback check`', async ({ text }) => {
    const folder = await mkdtemp(join(tmpdir(), 'ringback-docs-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    for (const [, path = ''] of text.matchAll(/\/run\/secrets\/([\w-]+)/g)) await writeFile(join(folder, basename(path)), SECRET);
    const variables = [...text.matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => [name, valueOf(name)]);
    await writeFile(
      join(folder, 'ringback.yaml'),
      completed(text.replaceAll(/\/run\/secrets\/|\/var\/lib\/ringback\//g, `${folder}/`)),
    );
    const { code, err } = await ringback(Object.fromEntries(variables), 'check', join(folder, 'ringback.yaml'));
    expect({ code, err: err.replaceAll(/^.*warning: .*\n/gm, '') }).toEqual({ code: 0, err: '' });
  });
});

type Schema = {
  readonly default?: string | number | boolean;
  readonly const?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly { readonly then: Schema }[];
};
type Keys = Readonly<Record<string, string | undefined>>;

/**
 * Every key below a section, with its default as the docs write it. Twins `…File` are left out: the page
 * names them once for all.
 */
function keysOf({ properties = {} }: Schema, path = ''): [key: string, standard: string | undefined][] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    if (name.endsWith('File') && Object.hasOwn(properties, name.slice(0, -'File'.length))) return [];
    const key = `${path}${name}`;
    const nested = keysOf(schema, `${key}.`);
    const items = schema.items ? keysOf(schema.items, `${key}[].`) : [];
    return [...(nested.length > 0 ? nested : [[key, textOf(schema)] as [string, string | undefined]]), ...items];
  });
}

const textOf = (schema: Schema) => (schema.default === undefined ? undefined : `\`${String(schema.default)}\``);

/** What the tables below a heading say. */
function documented(heading: string): Keys {
  const [, text = ''] = read('docs/configuration.md').split(`\n${heading}\n`);
  const [section = ''] = text.split(/\n##+ (?!How |What )/, 1);
  const rows = [...section.matchAll(/^\| `([\w.[\]]+)`(?: \*secret\*)? \| ([^|]+) \| /gm)];
  return Object.fromEntries(rows.map(([, key = '', standard]) => [key, standard]));
}

describe('docs/configuration.md', () => {
  const { properties = {} } = JSON.parse(read('ringback.schema.json')) as Schema;
  const lists = ['sources', 'outputs'];
  const sections = Object.entries(properties).flatMap(([what, schema]) =>
    lists.includes(what) ? [] : [{ what, schema: schema.items ?? schema, rows: documented(`## \`${what}\``) }],
  );
  const types = lists.flatMap((list) =>
    (properties[list]?.items?.allOf ?? []).map(({ then }) => {
      const type = then.properties?.['type']?.const ?? '';
      const rows = { ...documented(`## \`${list}\``), ...documented(`### \`type: ${type}\``) };
      return { what: `${list} of type ${type}`, schema: then, rows };
    }),
  );

  it.each([...sections, ...types])('has a row for every key of $what, with its default, and no other', ({ schema, rows }) => {
    const keys = Object.fromEntries(keysOf(schema));
    expect(Object.keys(rows).toSorted()).toEqual(Object.keys(keys).toSorted());
    // Where the schema has no default, the page says in words what happens.
    expect(rows).toMatchObject(Object.fromEntries(Object.entries(keys).filter(([, standard]) => standard !== undefined)));
  });
});

describe('docs/reloading.md', () => {
  const page = read('docs/reloading.md');
  const schema = JSON.parse(read('ringback.schema.json')) as Schema;
  const namesIn = (text = '') => [...text.matchAll(/`([\w.]+)`/g)].map(([, name = '']) => name);
  const row = (process: string) => namesIn(new RegExp(`^\\| ${process} \\| (.*) \\|$`, 'm').exec(page)?.[1]);
  const settingAt = (name: string) => name.split('.').reduce<Schema | undefined>((at, key) => at?.properties?.[key], schema);

  it.each(['ingress', 'worker'] as const)('names what needs a restart of the %s, and all of it is in the schema', (app) => {
    expect([...row('both'), ...row(app)].toSorted()).toEqual([...BUILT_IN[app]].toSorted());
    expect(BUILT_IN[app].filter((name) => settingAt(name) === undefined)).toEqual([]);
  });

  it('names all other sections as what changes without a restart', () => {
    const [, section = ''] = page.split('\n## What changes without a restart\n');
    const [list = ''] = section.split('\n- **');
    const whole = row('both');
    const others = Object.keys(schema.properties ?? {}).filter((name) => !whole.includes(name));
    expect(
      namesIn(list)
        .filter((name) => settingAt(name) !== undefined)
        .toSorted(),
    ).toEqual(others.toSorted());
  });
});
