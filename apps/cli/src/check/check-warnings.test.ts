import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { check } from './check.ts';
import { testFile } from '../run-cli.ts';

type Parts = { match?: string; when?: string; outputs?: string; routes?: string; more?: string };

function yaml({ match = '', when = '', outputs = '', routes, more = '' }: Parts): string {
  return `
sources: [{ name: voice, type: callbot, accounts: [{ uuid: acc, secrets: [hush] }] }]
outputs: [{ name: crm, type: stdout }${outputs}]
routes: ${routes ?? `[{ to: [crm]${match}${when} }]`}
${more}
`;
}

async function run(parts: Parts, strict = false) {
  const path = await testFile('ringback.yaml', yaml(parts));
  const [out, err]: [string[], string[]] = [[], []];
  const terminal = { out: (line: string) => void out.push(line), err: (line: string) => void err.push(line) };
  const fine = check({ path, env: {}, strict, terminal });
  return { fine, out: out.join().replace(path, 'FILE'), warnings: err.map((line) => line.replace(path, 'FILE')) };
}

describe('what is most likely a mistake', () => {
  it.each([
    [
      'a pattern that fits no type',
      { match: ', match: callbt.*' },
      /^warning: FILE:4:30 routes\[0\]\.match.*: no source gives a type that fits "callbt\.\*"; did you mean callbot\.\*\?/,
    ],
    [
      'one pattern of several',
      { match: ', match: [callbot.call, callbot.tsk.completed]' },
      /^warning: FILE:4:45 routes\[0\]\.match\[1\]: .*did you mean callbot\.task\.completed\?/,
    ],
    [
      'a field that no body has',
      { when: ', when: data.taskStaus == 3' },
      /^warning: FILE:4:29 routes\[0\]\.when: data\.taskStaus is in no body of the types that the route takes; did you mean taskStatus\?/,
    ],
    [
      'a field of another type',
      { match: ', match: callbot.order', when: ', when: data.taskStatus == 3' },
      /^warning: FILE:4:51 routes\[0\]\.when: data\.taskStatus is in no body of the types that the route takes; known: callbackType, orderID/,
    ],
    [
      'a condition that never holds',
      { when: ', when: source == "voic"' },
      /^warning: FILE:4:29 routes\[0\]\.when: can never hold: no source is called "voic"/,
    ],
    [
      'an output that no route leads to',
      { outputs: ', { name: ops, type: stdout }' },
      /^warning: FILE:3:48 outputs\[1\]\.name: no route leads to ops/,
    ],
    [
      'a route that drops what another one delivers',
      { routes: '[{ to: [crm] }, { match: callbot.order, drop: no orders }]' },
      /^warning: FILE:4:55 routes\[1\]\.drop: drops nothing: route 1 delivers all callbacks of these types/,
    ],
    [
      'a route that drops what is of no type',
      { routes: '[{ to: [crm] }, { match: callbot.ordr, drop: no orders }]' },
      /^warning: FILE:4:34 routes\[1\]\.match.*: no source gives a type that fits "callbot\.ordr"/,
    ],
    [
      'a delivery that is given up before its waits are long',
      { outputs: ', { name: ops, type: stdout, retry: { giveUpAfter: 5m } }', routes: '[{ to: [crm, ops] }]' },
      /^warning: FILE:3:\d+ outputs\[1\]\.retry\.giveUpAfter: is less than maxDelay/,
    ],
    [
      'waits that are longer than the time that is given',
      { outputs: ', { name: ops, type: stdout, retry: { maxDelay: 7d } }', routes: '[{ to: [crm, ops] }]' },
      /^warning: FILE:3:\d+ outputs\[1\]\.retry.*: is less than maxDelay/,
    ],
    ['no routes', { routes: '[]' }, /^warning: FILE:4:9 routes: there is none/],
    [
      'one port for two processes',
      { more: 'ingress: { adminPort: 9000 }\nworker: { adminPort: 9000 }' },
      /^warning: FILE:6:22 worker\.adminPort: is ingress\.adminPort as well/,
    ],
    [
      'an admin port that all machines reach',
      { more: 'worker: { adminHost: 0.0.0.0 }' },
      /^warning: FILE:5:22 worker\.adminHost: is reached from other machines, and \/metrics asks for nothing/,
    ],
    [
      'a mask of a field that no body has',
      { outputs: ", { name: ops, type: stdout, mask: { paths: ['$.userPhoen'] } }", routes: '[{ to: [crm, ops] }]' },
      /^warning: FILE:3:\d+ outputs\[1\]\.mask\.paths\[0\]: \$\.userPhoen is in no body .*, so it hides nothing; did you mean userPhone\?/,
    ],
    [
      'a mask of a field in a list',
      {
        outputs: ", { name: ops, type: stdout, mask: { paths: ['$.callInfoDetail.intents.intentTagg'] } }",
        routes: '[{ to: [crm, ops] }]',
      },
      /: \$\.callInfoDetail\.intents\.intentTagg is in no body .*; did you mean intentTag\?/,
    ],
  ])('is a warning with its place, and fails only where that is asked for: %s', async (_what, parts, warning) => {
    const { fine, out, warnings } = await run(parts);
    expect(warnings).toEqual([expect.stringMatching(warning)]);
    expect([fine, out]).toEqual([true, expect.stringMatching(/^FILE is fine: .*, 1 warning$/)]);
    expect(await run(parts, true)).toMatchObject({ fine: false, out: expect.stringMatching(/^FILE has warnings: /), warnings });
  });

  it.each([
    { match: ', match: "*"' },
    { match: ', match: callbot.task.unknown' },
    { match: ', match: callbot.call', when: ', when: "data.callInfoDetail.intents.exists(i, i.intentLevel == 1)"' },
    { when: ', when: has(data.userPhone) && account == "acc"' },
    { routes: '[{ match: callbot.call, to: [crm] }, { drop: the rest }]' },
    { outputs: ', { name: ops, type: stdout }', more: 'alerts: { to: [ops] }' },
    {
      outputs:
        ", { name: ops, type: stdout, mask: { paths: ['$.userPhone', '$.callInfoDetail.*', '$.callInfoDetail.intents[0].intentTag'] } }",
      routes: '[{ to: [crm, ops] }]',
    },
    { more: 'worker: { adminPort: 0 }\ningress: { adminPort: 0 }' },
    { more: 'worker: { adminHost: 0.0.0.0, adminToken: sixteen-letters-or-more }' },
  ])('is not %j', async (parts) => {
    expect(await run(parts, true)).toMatchObject({ fine: true, warnings: [] });
  });
});

describe('a secret with white space around it', () => {
  const hook = (secret: string) => `, { name: ops, type: webhook, url: 'http://a/', ${secret} }`;
  const routes = '[{ to: [crm, ops] }]';

  it('is most likely a mistake: in the settings, in a variable, in a file', async () => {
    const path = await testFile('secrets', ' one\ntwo\n');
    const accounts = `{ uuid: a, secretsFile: ${path} }, { uuid: b, secrets: [four, '\${KEY}', 'five '] }`;
    const sources = `sources: [{ name: v, type: callbot, accounts: [${accounts}] }]`;
    const file = await testFile('ringback.yaml', `${sources}\noutputs: [{ name: crm, type: stdout }]\nroutes: [{ to: [crm] }]\n`);
    const err: string[] = [];
    const env = { KEY: 'three\n' };
    check({ path: file, env, strict: false, terminal: { out: () => {}, err: (line) => void err.push(line) } });
    expect(err.map((line) => line.replace(file, 'FILE'))).toEqual([
      expect.stringMatching(/^warning: FILE:1:\d+ sources\[0\]\.accounts\[0\]\.secrets\[0\]: begins or ends with white space/),
      expect.stringMatching(/^warning: FILE:1:\d+ sources\[0\]\.accounts\[1\]\.secrets\[1\]: begins or ends with white space/),
      expect.stringMatching(/^warning: FILE:1:\d+ sources\[0\]\.accounts\[1\]\.secrets\[2\]: begins or ends with white space/),
    ]);
    expect(err.join('')).not.toMatch(/one|two|three|five/);
  });

  it('is found in every section, but a PEM may end with a new line', async () => {
    const tracing = "tracing: { endpoint: 'http://a:4318', headers: { authorization: 'Bearer one ' } }";
    const redis = 'redis: { url: "rediss://a", password: " two", tls: { ca: "-----BEGIN CERTIFICATE-----\\n" } }';
    const { warnings } = await run({ outputs: hook("headers: { x-key: ' three' }"), routes, more: `${tracing}\n${redis}` });
    const places = warnings.filter((line) => line.includes('white space')).map((line) => line.split(' ')[2]);
    expect(new Set(places)).toEqual(new Set(['outputs[1].headers.x-key:', 'redis.password:', 'tracing.headers.authorization:']));
  });

  it.each(['ingress', 'worker'])('is an error in the admin token of the %s, which no header could carry', async (app) => {
    const more = `${app}: { adminToken: '  padded-token-of-mine ' }`;
    await expect(run({ more })).rejects.toThrow(`${app}.adminToken: the value is not a token; write it without white space`);
  });

  it('is not said of one without', async () => {
    const outputs = hook('signingSecret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
    expect(await run({ outputs, routes }, true)).toMatchObject({ fine: true, warnings: [] });
  });
});

describe('a spool', () => {
  const more = 'ingress: { spool: { path: kept/spool.sqlite } }';

  it('without its folder is an error with its place', async () => {
    await expect(run({ more })).rejects.toThrow(/ringback\.yaml:5:27 ingress\.spool\.path: its folder does not exist/);
  });

  it('is fine with it, from the folder of the settings on', async () => {
    const path = await testFile('ringback.yaml', yaml({ more }));
    mkdirSync(join(dirname(path), 'kept'));
    const terminal = { out: () => {}, err: () => {} };
    expect(check({ path, env: {}, strict: true, terminal })).toBe(true);
  });
});
