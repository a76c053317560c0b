import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { testFile } from '../run-cli.ts';
import { runCommand } from '../test-commands.ts';

type Over = { more?: string; url?: string; outputs?: string; accounts?: string; routes?: string; port?: number };
const settings = ({
  more = '',
  url = 'https://a.example/T0KEN',
  outputs = '',
  accounts = '',
  routes = '',
  port = 8080,
}: Over = {}) => `
ingress: { port: ${port} }
sources: [{ name: callbot, type: callbot, accounts: [{ uuid: one, secrets: [s3cret-of-one] }${accounts}] }]
outputs:
  - { name: crm, type: webhook, url: '${url}', timeout: 5s }
${outputs}
routes:
  - to: [crm]
${routes}
${more}
`;

async function diff(before: string, after: string, ...flags: string[]) {
  const [config, next] = await Promise.all([testFile('ringback.yaml', before), testFile('new.yaml', after)]);
  return runCommand(['diff', next, '--config', config, ...flags]);
}

describe('diff', () => {
  it('finds nothing between the same settings in other words', async () => {
    const same = await diff(settings(), settings({ more: 'log: { level: info }' }));
    expect(same).toEqual({ code: 0, out: 'the settings are the same\n', err: '' });
  });

  const changed = settings({
    url: 'https://a.example/OTHER',
    outputs: '  - { name: audit, type: stdout }',
    accounts: ', { uuid: two, secrets: [s3cret-of-two] }',
    routes: "  - { match: 'callbot.*', to: [audit] }",
  }).replace('timeout: 5s', 'timeout: 6s');

  it('shows what a reload changes, and exits with 1', async () => {
    expect(await diff(settings(), changed)).toEqual({
      code: 1,
      err: '',
      out: `+ sources.callbot.accounts.two
+ outputs.audit
~ outputs.crm.timeout: "5s" → "6s"
~ outputs.crm.url: changed (secret)
+ routes: {"match":"callbot.*","to":["audit"]}

the ingress takes all of it by a reload
the worker takes all of it by a reload
`,
    });
  });

  it('shows the same as JSON, by outputs, sources, accounts and routes', async () => {
    const { code, out } = await diff(settings(), changed, '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      differs: true,
      outputs: { added: ['audit'], removed: [], changed: ['crm'] },
      sources: { added: [], removed: [], changed: ['callbot'] },
      accounts: { added: ['callbot/two'], removed: [], changed: [] },
      routes: { added: [{ match: 'callbot.*', to: ['audit'] }], removed: [], reordered: false },
      restart: { ingress: [], worker: [] },
    });
  });

  it('names what needs a restart, and of which app', async () => {
    const after = settings({ port: 8081, more: 'worker: { lockDuration: 77s }\nredis: { prefix: other }' });
    expect((await diff(settings(), after)).out).toContain(`
the ingress must be restarted, and takes nothing by a reload, for ingress.port, redis.prefix
the worker must be restarted, and takes nothing by a reload, for worker.lockDuration, redis.prefix
`);
    expect(JSON.parse((await diff(settings(), after, '--json')).out)).toMatchObject({
      restart: { ingress: ['ingress.port', 'redis.prefix'], worker: ['worker.lockDuration', 'redis.prefix'] },
    });
  });

  it('says of a broken new file what check says, and exits with 2', async () => {
    const next = await testFile('new.yaml', settings({ port: 99_999, routes: '  - to: [nobody]' }));
    const config = await testFile('ringback.yaml', settings());
    const { code, out, err } = await runCommand(['diff', next, '--config', config]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^RB_CONFIG_INVALID: .*new\.yaml:2:18 ingress\.port: .*\n.*new\.yaml:\d+:\d+ routes\[1\]/);
    expect(await runCommand(['diff', `${next}.not`, '--config', config])).toMatchObject({ code: 2, out: '' });
    expect(await runCommand(['diff', config, '--config', `${next}.not`])).toMatchObject({ code: 2, out: '' });
  });
});

type RedisOf = (text: string, tls: string) => string;
const ONE: RedisOf = (text) => `url: 'rediss://:${text}@127.0.0.1:6379'`;
const SENTINEL: RedisOf = (text, tls) =>
  `password: ${text}, tls: ${tls}, sentinel: { name: m, nodes: ['h:1'], password: ${text}, tls: ${tls} }`;

/** A value for every setting that may hold a secret. `text`: four characters, so that it is base64 as well. */
const secrets = (text: string, redisOf: RedisOf) => {
  const [key, url] = [`whsec_${text.repeat(11)}`, `https://h.example/${text}`];
  const [tls, both] = [`{ ca: ca${text}, cert: ce${text}, key: ke${text} }`, text.repeat(8)];
  const admin = `adminToken: ${both}, adminTls: ${tls}`;
  return `
ingress: { ${admin} }
worker: { ${admin} }
redis: { ${redisOf(text, tls)} }
history: { store: postgres, url: 'postgres://u:${text}@h/db', tls: ${tls} }
sources:
  - { name: a, type: callbot, accounts: [{ uuid: one, secrets: [${both}] }] }
  - { name: b, type: hmac, path: /b, secrets: [${both}], signature: { header: x-sign } }
  - { name: c, type: nxlink, accounts: [{ accessKey: k, accessSecrets: [${both}] }] }
  - { name: d, type: standard-webhooks, path: /d, secrets: [${key}] }
outputs:
  - { name: e, type: webhook, url: '${url}', signingSecret: ${key}, headers: { authorization: '${text}' } }
  - { name: f, type: slack, url: '${url}' }
  - { name: g, type: discord, url: '${url}' }
routes: [{ to: [e, f, g] }]
`;
};

describe.each([ONE, SENTINEL])('the secrets', (redisOf) => {
  it.each([[], ['--json']])('are neither shown nor to be guessed %j', async (...flags) => {
    const run = (text: string) => diff(secrets('OLD0', redisOf), secrets(text, redisOf), ...flags);
    const [one, two] = await Promise.all([run('NEW1'), run('NEW2')]);
    expect(one).toMatchObject({ code: 1, err: '' });
    expect(one.out).not.toMatch(/OLD0|NEW1/);
    // No digest either: it would differ.
    expect(one.out).toBe(two.out);
  });
});

it('the secrets of these tests are all that there are', () => {
  const known = [ONE, SENTINEL].map((redisOf) => secrets('OLD0', redisOf)).join('');
  const schema: unknown = JSON.parse(readFileSync(new URL('../../../../ringback.schema.json', import.meta.url), 'utf8'));
  const names = [...new Set(secretNames(schema))];
  expect(names.length).toBeGreaterThan(8);
  expect(names.filter((name) => !known.includes(`${name}:`))).toEqual([]);
});

/** A setting that may hold a secret has a twin for a file. */
function secretNames(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const own = 'properties' in schema ? Object.keys(Object(schema.properties)) : [];
  return [...own.filter((name) => own.includes(`${name}File`)), ...Object.values(schema).flatMap(secretNames)];
}
