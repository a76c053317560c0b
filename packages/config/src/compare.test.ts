import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compareSettings } from './compare.ts';
import { inspectConfig } from './load.ts';
import { restartedFor } from './needs-restart.ts';
import { outputTypes, parts, settings, sourceTypes } from './test-settings.ts';

const inspect = (text: string, files: Readonly<Record<string, string>> = {}) =>
  inspectConfig({
    path: '/etc/ringback.yaml',
    env: {},
    sourceTypes,
    outputTypes,
    checkCondition: () => undefined,
    readFile: (path) => (path === '/etc/ringback.yaml' ? Buffer.from(text) : Buffer.from(files[path] ?? readFileSync(path))),
  });

type Over = Parameters<typeof settings>[0];
const changes = (before: Over, after: Over) =>
  compareSettings(inspect(settings(before)), inspect(settings(after))).map(({ keys: _keys, ...change }) => change);
const REDIS = 'redis: { url: rediss://127.0.0.1:6379 }';
const account = (uuid: string, ...secrets: string[]) => `{ uuid: ${uuid}, secrets: ${JSON.stringify(secrets)} }`;
const sources = (...accounts: string[]) => `sources: [{ name: callbot, type: callbot, accounts: [${accounts.join(', ')}] }]`;
const webhook = (more: string) => `outputs: [{ name: out, type: webhook, url: 'https://h/hush', ${more} }]`;

describe('compareSettings', () => {
  it('finds nothing between other words for the same: defaults, units, order of keys, a secret in a file', () => {
    expect(changes({}, { more: 'dedupe: { businessKey: false }\nlog: { level: info }' })).toEqual([]);
    const written = inspect(settings({ outputs: webhook('timeout: 10s') }));
    const other = 'outputs: [{ timeout: 10s, urlFile: url, type: webhook, name: out }]';
    expect(compareSettings(written, inspect(settings({ outputs: other }), { '/etc/url': 'https://h/hush\n' }))).toEqual([]);
  });

  it('tells a number from a text, a list from another order, and an empty section from none', () => {
    expect(changes({}, { more: 'ingress: { port: 1234 }' })).toEqual([
      { setting: 'ingress.port', change: 'changed', from: 8080, to: 1234 },
    ]);
    expect(
      changes({ more: "ingress: { trustProxy: ['10.0.0.1', '10.0.0.2'] }" }, { more: "ingress: { trustProxy: ['10.0.0.2'] }" }),
    ).toEqual([{ setting: 'ingress.trustProxy', change: 'changed', from: ['10.0.0.1', '10.0.0.2'], to: ['10.0.0.2'] }]);
    const [tls] = changes({ redis: REDIS }, { redis: REDIS.replace(' }', ', tls: {} }') });
    expect(tls).toEqual({ setting: 'redis.tls', change: 'added', to: {} });
    expect(restartedFor({ setting: 'redis.tls' })).toEqual(['ingress', 'worker']);
  });

  it('knows accounts, sources and outputs by their names, in any order', () => {
    expect(
      changes(
        { sources: sources(account('a.b', 'x'), account('c', 'y')) },
        { sources: sources(account('c', 'y'), account('d', 'z'), account('a.b', 'x')) },
      ),
    ).toEqual([{ setting: 'sources.callbot.accounts.d', change: 'added' }]);
    expect(changes({}, { outputs: 'outputs: [{ name: new, type: stdout }]', routes: 'routes: [{ to: [new] }]' })).toMatchObject([
      { setting: 'outputs.out', change: 'removed' },
      { setting: 'outputs.new', change: 'added' },
      { setting: 'routes', change: 'removed', from: { to: ['out'] } },
      { setting: 'routes', change: 'added', to: { to: ['new'] } },
    ]);
    const routes = ['{ match: a.b, to: [out] }', '{ match: b.c, to: [out] }'];
    expect(changes({ routes: `routes: [${routes.join()}]` }, { routes: `routes: [${routes.toReversed().join()}]` })).toEqual([
      { setting: 'order of routes', change: 'changed' },
    ]);
  });

  it.each<[string, Over, string[]]>([
    ['a text', { outputs: webhook('signingSecret: n3w') }, ['outputs.out.signingSecret']],
    ['one of a record', { outputs: webhook('signingSecret: old, headers: { a: n3w }') }, ['outputs.out.headers.a']],
    [
      'one of a section',
      { outputs: webhook('signingSecret: old, auth: { user: u, password: n3w }') },
      ['outputs.out.auth.password'],
    ],
    ['one of a list', { sources: sources(account('acc', 'hush', 'n3w')) }, ['sources.callbot.accounts.acc.secrets']],
    ['a URL', { redis: 'redis: { url: "redis://:n3w@127.0.0.1:6379" }' }, ['redis.url']],
    ['a token', { more: 'worker: { adminToken: n3w-n3w-n3w-n3w-n3w-n3w }' }, ['worker.adminToken']],
  ])('shows no value of a changed secret: %s', (_name, over, names) => {
    const from = { outputs: webhook('signingSecret: old, headers: { a: old }, auth: { user: u, password: old }') };
    const before: Over = over && 'outputs' in over ? from : {};
    const found = changes(before, over);
    expect(found.filter(({ secret }) => secret).map(({ setting }) => setting)).toEqual(expect.arrayContaining(names));
    expect(JSON.stringify(found)).not.toMatch(/n3w|old"|hush/);
  });

  it('shows no value of a secret in a whole section that came or went', () => {
    const section = { outputs: webhook('headers: { a: n3w }') };
    expect(
      JSON.stringify([
        changes({}, section),
        changes(section, {}),
        changes({ sources: parts.sources }, { sources: sources(account('o', 'n3w')) }),
      ]),
    ).not.toContain('n3w');
  });
});
