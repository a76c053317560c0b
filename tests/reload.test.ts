import { rename, writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type AppProcess,
  createInstallation,
  postCallback,
  SAMPLE_ACCOUNT,
  SIGNING_SECRET,
  taskBody,
  testRedis,
} from '@ringback/testkit';
import { expect, it, vi } from 'vitest';

const DEADLINE = { timeout: 30_000, interval: 50 };
const body = taskBody({ taskStatus: 1 });
const OLD = SAMPLE_ACCOUNT.secret;
const NEW = 'n3wS3cret-of-the-account-0123456789';

type Said = { secrets?: string[]; outputs: Record<string, string>; to?: string[]; more?: string };

function settingsOf(prefix: string, { secrets = [OLD], outputs, to = Object.keys(outputs), more = '' }: Said): string {
  const stanza = ([name, url]: [string, string]) =>
    `  - { name: ${name}, type: webhook, url: "${url}", signingSecret: ${SIGNING_SECRET}, retry: { minDelay: 100ms } }`;
  return `
ingress: { host: 127.0.0.1, port: 0, adminPort: 0, drainDelay: 100ms }
worker: { adminPort: 0 }
redis: { prefix: ${prefix} }
sources: [{ name: callbot, type: callbot, accounts: [{ uuid: ${SAMPLE_ACCOUNT.uuid}, secrets: ${JSON.stringify(secrets)}, algorithm: md5 }] }]
outputs:
${Object.entries(outputs).map(stanza).join('\n')}
routes: [{ to: ${JSON.stringify(to)} }]
${more}
`;
}

async function install(first: (sink: string) => Said) {
  const { url, prefix } = testRedis();
  const world = await createInstallation({ redisUrl: url, settings: (sink) => settingsOf(prefix, first(sink)) });
  const path = world.env['RINGBACK_CONFIG'] ?? '';
  const write = (said: Said) => writeFile(path, settingsOf(prefix, said));
  const arrived = (at: string) =>
    world.sink.requests
      .filter((request) => request.path === at)
      .map(({ body: text }) => String(JSON.parse(String(text)).requestID))
      .toSorted();
  return { ...world, prefix, path, write, arrived };
}

const times = ({ lines }: AppProcess, message: string) => lines.filter(({ msg }) => msg === message).length;

async function reload(...processes: AppProcess[]): Promise<void> {
  const before = processes.map((process) => times(process, 'settings reloaded'));
  for (const process of processes) process.signal('SIGHUP');
  await vi.waitFor(() => {
    for (const [index, process] of processes.entries())
      expect(times(process, 'settings reloaded')).toBeGreaterThan(before[index] ?? 0);
  }, DEADLINE);
}

/** A few clients that send without a pause between two answers. */
function startLoad(ingress: string, clients = 4) {
  const load = { secret: OLD as string, sent: [] as { requestID: string; status: number }[] };
  const done = new AbortController();
  async function client(number: number): Promise<void> {
    for (let count = 0; !done.signal.aborted; count += 1) {
      const requestID = `c${number}-${count}`;
      const { status } = await postCallback({ ingress, requestID, body, secret: load.secret });
      load.sent.push({ requestID, status });
      await pause(2);
    }
  }
  const running = Promise.all(Array.from({ length: clients }, (_, number) => client(number)));
  const more = async (count: number) => {
    const enough = load.sent.length + count;
    await vi.waitFor(() => expect(load.sent.length).toBeGreaterThan(enough), DEADLINE);
  };
  async function end(): Promise<string[]> {
    done.abort();
    await running;
    expect(load.sent.filter(({ status }) => status !== 200)).toEqual([]);
    return load.sent.map(({ requestID }) => requestID).toSorted();
  }
  return { sent: load.sent, use: (secret: string) => void (load.secret = secret), more, end };
}

it('under load a secret is rotated, and outputs are added, changed and removed, by reloads: nothing is refused, lost or delivered twice', async () => {
  const world = await install((sink) => ({ outputs: { crm: `${sink}/crm`, gone: `${sink}/gone` } }));
  const { sink } = world;
  const [ingress, worker] = await Promise.all([world.startIngress(), world.startWorker()]);
  const both = [ingress.process, worker.process] as const;
  const load = startLoad(ingress.url);
  await load.more(50);

  // What is sent first may go by the old settings, what is sent after the reload must not.
  await world.write({
    secrets: [OLD, NEW],
    outputs: { crm: `${sink.url}/crm`, gone: `${sink.url}/gone`, audit: `${sink.url}/audit` },
  });
  await reload(...both);
  const untilAdded = new Set(load.sent.map(({ requestID }) => requestID));
  await load.more(20);
  load.use(NEW);
  await load.more(50);
  await world.write({ secrets: [NEW], outputs: { crm: `${sink.url}/crm2`, audit: `${sink.url}/audit` } });
  await reload(...both);
  const { status } = await postCallback({ ingress: ingress.url, requestID: 'old', body, secret: OLD });
  expect(status).toBe(401);
  await load.more(50);
  const sent = await load.end();

  const crm = () => [...world.arrived('/crm'), ...world.arrived('/crm2')].toSorted();
  await vi.waitFor(() => expect(crm()).toEqual(sent), DEADLINE);
  expect(world.arrived('/crm2').length).toBeGreaterThan(40);
  await vi.waitFor(() => {
    const arrived = new Set(world.arrived('/audit'));
    expect(sent.filter((requestID) => !untilAdded.has(requestID) && !arrived.has(requestID))).toEqual([]);
  }, DEADLINE);
  const audit = world.arrived('/audit');
  expect(audit).toEqual([...new Set(audit)]);
  const gone = world.arrived('/gone');
  expect(gone).toEqual([...new Set(gone)]);
  expect(await worker.process.line('work under the earlier settings has ended')).toMatchObject({ finished: true });
  expect(await ingress.process.stop()).toBe(0);
  expect(await worker.process.stop()).toBe(0);
}, 120_000);

it('a broken file, or one that changes what needs a restart, changes nothing and is named; a file that is watched is taken as it comes', async () => {
  const world = await install((sink) => ({ outputs: { crm: `${sink}/crm` }, more: 'settings: { watch: true }' }));
  const { sink } = world;
  const [ingress, worker] = await Promise.all([world.startIngress(), world.startWorker()]);
  const refused = 'settings not reloaded: the earlier ones stay';
  await writeFile(world.path, 'redis: [');
  expect(await worker.process.line(refused)).toMatchObject({ code: 'RB_CONFIG_INVALID' });
  expect(await ingress.process.line(refused)).toMatchObject({ code: 'RB_CONFIG_INVALID' });
  expect((await postCallback({ ingress: ingress.url, requestID: 'one', body })).status).toBe(200);
  await vi.waitFor(() => expect(world.arrived('/crm')).toEqual(['one']), DEADLINE);

  const other = settingsOf(`${world.prefix}-else`, { outputs: { crm: `${sink.url}/crm` } });
  await writeFile(`${world.path}.new`, other);
  await rename(`${world.path}.new`, world.path);
  for (const { process } of [ingress, worker]) {
    const last = () => process.lines.findLast(({ msg }) => msg === refused);
    await vi.waitFor(() => expect(last()).toMatchObject({ code: 'RB_RELOAD_NEEDS_RESTART' }), DEADLINE);
    expect(JSON.stringify(last())).toContain('redis.prefix cannot change');
  }
  await world.write({ outputs: { crm: `${sink.url}/new` } });
  for (const { process } of [ingress, worker]) expect(await process.line('settings reloaded')).toBeTruthy();
  for (let count = 0; count < 20; count += 1) for (const { process } of [ingress, worker]) process.signal('SIGHUP');
  expect((await postCallback({ ingress: ingress.url, requestID: 'two', body })).status).toBe(200);
  await vi.waitFor(() => expect(world.arrived('/new')).toEqual(['two']), DEADLINE);
  worker.process.signal('SIGTERM');
  worker.process.signal('SIGHUP');
  expect(await worker.process.exit).toBe(0);
}, 120_000);
