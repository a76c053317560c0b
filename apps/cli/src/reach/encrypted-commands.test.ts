import { copyFile, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInstallation, postCallback, SAMPLE_ACCOUNT, taskBody, testPostgres, testRedis } from '@ringback/testkit';
import { expect, it, vi } from 'vitest';
import { testFile } from '../run-cli.ts';
import { runCommand } from '../test-commands.ts';

const DEADLINE = { timeout: 60_000, interval: 50 };
const [PHONE, NAME] = ['13800138777', 'Weiming Zhang'];
const KEY = Buffer.alloc(32, 5).toString('base64');
const retry = 'retry: { attempts: 1, minDelay: 10ms, maxDelay: 20ms }';

type Parts = { readonly sinkUrl: string; readonly prefix: string; readonly history: string; readonly later?: true };

/** `later`: an output has left, and a route has come. */
const settingsOf = ({ sinkUrl, prefix, history, later }: Parts) => `
ingress: { host: 127.0.0.1, port: 0, adminPort: 0 }
worker: { adminPort: 0 }
redis: { prefix: ${prefix} }
dedupe: { businessKey: true }
sources: [{ name: callbot, type: callbot, accounts: [{ uuid: ${SAMPLE_ACCOUNT.uuid}, secrets: ["${SAMPLE_ACCOUNT.secret}"], algorithm: md5 }] }]
outputs:
  - { name: crm, type: webhook, url: ${sinkUrl}/hook, signingSecret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw, ${retry} }
  - { name: ops, type: slack, url: ${sinkUrl}/slack, mask: { phone: true }, ${retry} }
${later ? '' : `  - { name: team, type: discord, url: ${sinkUrl}/discord, ${retry} }`}
routes:
  - { match: callbot.order, when: data.finish, to: [crm, ops, ${later ? '' : 'team'}] }
  - { match: callbot.task.*, when: data.taskStatus == 3, to: [crm] }
${later ? '  - { match: callbot.task.*, to: [crm] }' : "  - { match: callbot.order, when: '!data.finish', to: [team] }"}
history: ${history}
privacy: { encrypt: { keys: [{ key: "${KEY}" }] } }
`;

const order = (orderID: string, finish = true) => {
  const ids = { callbackType: 2, orderID, userPhone: PHONE, userName: NAME, sceneID: 's', userTaskID: 'ut', taskID: 't-0001' };
  const callInfoDetail = { callID: `c-${orderID}`, callStatus: 1, callDuration: 7 };
  return JSON.stringify({ ...ids, finish, other: '', callInfoDetail });
};

async function install() {
  const { url: redisUrl, prefix } = testRedis();
  const { url, schema } = testPostgres();
  const history = `{ store: postgres, url: "${url}", schema: ${schema} }`;
  const world = await createInstallation({ redisUrl, settings: (sinkUrl) => settingsOf({ sinkUrl, prefix, history }) });
  const { sink, env } = world;
  const config = env['RINGBACK_CONFIG'] ?? '';
  const run = async (line: string, file = config) => {
    const ran = await runCommand([...line.split(' '), '--config', file], env);
    expect([line, ran.code, ran.err]).toEqual([line, 0, expect.not.stringContaining('RB_')]);
    return ran.out.trim();
  };
  const parts = { sinkUrl: sink.url, prefix, history };
  const bodies = (path: string) => sink.requests.filter((one) => one.path === path).map(({ body }) => String(body));
  return { ...world, run, parts, bodies, redisUrl };
}

type World = Awaited<ReturnType<typeof install>>;

async function postAll({ sink, startIngress, startWorker, run }: World) {
  sink.answer((_, { path, body }) => (path === '/hook' && String(body).includes('"doomed"') ? 410 : 200));
  const [ingress, { process: worker }] = await Promise.all([startIngress(), startWorker()]);
  const post = (requestID: string, body: string, path = '/api/v3/orderCallback') =>
    postCallback({ ingress: ingress.url, requestID, body, path });
  const statuses = await Promise.all([
    post('one', order('o-1')),
    post('doomed', order('o-2')),
    post('task', taskBody({ other: NAME }), '/api/v3/taskCallback'),
    post('unrouted', taskBody({ taskStatus: 1, other: PHONE }), '/api/v3/taskCallback'),
    post('malformed', `{ "userPhone": ${PHONE}, ${NAME}`),
  ]);
  expect(statuses.map(({ status }) => status)).toEqual([200, 200, 200, 200, 400]);
  await vi.waitFor(async () => expect(await run('search --id one --state delivered --count')).toBe('1'), DEADLINE);
  expect(await post('twin', order('o-1'))).toMatchObject({ status: 200 });
  await run('outputs pause team');
  expect(await post('held', order('o-3', false))).toMatchObject({ status: 200 });
  await vi.waitFor(async () => expect(await run('search --count')).toBe('6'), DEADLINE);
  await vi.waitFor(async () => expect(await run('dead-letters list')).toContain('doomed'), DEADLINE);
  return worker;
}

it('has every command work with encrypted bodies as with plain ones', async () => {
  const world = await install();
  const { run, parts, bodies, redisUrl, sink, env } = world;
  const worker = await postAll(world);
  await vi.waitFor(() => expect([bodies('/slack'), bodies('/discord')].map(({ length }) => length)).toEqual([2, 2]), DEADLINE);
  // A chat shows the last four digits, which the mask of `ops` hides.
  const shown = (path: string) => bodies(path).map((text) => [text.includes('Order finished'), text.includes(PHONE.slice(-4))]);
  const twice = (own: boolean[]) => [own, own];
  expect([shown('/discord'), shown('/slack')]).toEqual([twice([true, true]), twice([true, false])]);

  const routed = await testFile('new.yaml', settingsOf({ ...parts, later: true }));
  const folder = dirname(routed);
  const [copied, imported] = [join(folder, 'copied.sqlite'), join(folder, 'imported.sqlite')];
  const settingsWith = (path: string) =>
    testFile('other.yaml', settingsOf({ ...parts, history: `{ store: sqlite, path: ${path} }` }));
  const [other, third] = [await settingsWith(copied), await settingsWith(imported)];
  const table: readonly (readonly [command: string, says: RegExp, file?: string])[] = [
    [`search --text ${PHONE} --count`, /^5$/],
    [`search --text ${PHONE} --json --bodies --limit 1`, new RegExp(PHONE)],
    [`search --text ${PHONE} --state dead`, /doomed/],
    [`search --text ${PHONE} --state unrouted`, /unrouted/],
    [`search --text ${PHONE} --state quarantined`, /malformed/],
    ['search --text 99999999 --state quarantined --count', /^0$/],
    ['trace one --json', new RegExp(PHONE)],
    ['trace twin', /same thing came under another requestID/],
    ['tasks t-0001', /t-0001/],
    ['tasks --json', /"orders":3/],
    ['route task --json', /crm/],
    ['render one --output ops', /Order finished/],
    ['render one --output crm', new RegExp(NAME)],
    ['dead-letters show doomed', new RegExp(`"userPhone\\\\":\\\\"${PHONE}`)],
    ['quarantine show malformed', new RegExp(PHONE)],
    ['quarantine show unrouted', new RegExp(PHONE)],
    [`history copy --to ${other}`, /copied 6 callbacks/],
    [`search --text ${PHONE} --count`, /^5$/, other],
    [`history export ${join(folder, 'export')}`, /^$/],
    [`history import ${join(folder, 'export')}`, /rows read/, third],
    [`search --text ${PHONE} --count`, /^5$/, third],
  ];
  const said = [];
  for (const [command, , file] of table) said.push([command, await run(command, file)]);
  expect(said).toEqual(table.map(([command, says]) => [command, expect.stringMatching(says)]));
  for (const file of [copied, imported]) {
    const bytes = await readFile(file);
    expect([bytes.includes('rb1.'), bytes.includes(PHONE)]).toEqual([true, false]);
  }
  const exported = await readFile(join(folder, 'export'), 'utf8');
  expect(exported.split(PHONE).length - 1).toBeGreaterThanOrEqual(5);
  expect(await run('render one --output ops')).not.toContain(PHONE.slice(-4));

  const planned = await runCommand(['plan', routed, '--json', '--config', other], { REDIS_URL: redisUrl });
  expect(JSON.parse(planned.out)).toMatchObject({
    examined: 6,
    outputs: expect.arrayContaining([expect.objectContaining({ output: 'crm' })]),
  });

  sink.answer(200);
  await copyFile(routed, env['RINGBACK_CONFIG'] ?? '');
  worker.signal('SIGHUP');
  await worker.line('settings reloaded');
  const before = bodies('/hook').length;
  await run('replay --id one --to crm');
  await run('replay --id task --routes');
  await run('dead-letters replay doomed');
  await run('quarantine replay unrouted');
  // Refused until the worker has told its new settings, which it does every 5 s.
  await vi.waitFor(() => run('outputs move team crm --yes'), DEADLINE);
  await vi.waitFor(() => expect(bodies('/hook').slice(before)).toHaveLength(5), DEADLINE);
  const again = bodies('/hook')
    .slice(before)
    .map((body): { requestID: string; data: object } => JSON.parse(body) as never);
  expect(again.map(({ requestID }) => requestID).toSorted()).toEqual(['doomed', 'held', 'one', 'task', 'unrouted']);
  expect(again.find(({ requestID }) => requestID === 'one')?.data).toEqual(JSON.parse(order('o-1')));
}, 240_000);
