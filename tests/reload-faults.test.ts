import { writeFile } from 'node:fs/promises';
import { join, dirname } from 'node:path';
import { postCallback, startApp, startRedisServer } from '@ringback/testkit';
import { expect, it, vi } from 'vitest';
import { body, DEADLINE, install, reload, settingsOf, startLoad } from './reload-world.ts';

/** The default of an output. */
const CONCURRENCY = 32;
const NEW = 'fedcba9876543210fedcba9876543210';
/** Tells the test that the attempt is over. */
const CLOSING = { status: 200, headers: { connection: 'close' } };

it('of two workers with different settings, one that does not know an output leaves its deliveries to the one that does', async () => {
  const world = await install((sink) => ({ outputs: { crm: `${sink}/crm` } }));
  const { sink } = world;
  const newer = join(dirname(world.path), 'newer.yaml');
  await writeFile(newer, settingsOf(world.prefix, { outputs: { crm: `${sink.url}/crm`, audit: `${sink.url}/audit` } }));
  const startNewer = async () => {
    const process = startApp({ app: 'worker', env: { ...world.env, RINGBACK_CONFIG: newer } });
    await process.line('worker is up');
    return process;
  };
  // So audit's deliveries wait, as jobs and held.
  sink.answer((_count, { path }) => (path === '/audit' ? 503 : 200));
  const [ingress, first] = await Promise.all([world.startIngress(), startNewer()]);
  const send = async (name: string, count: number) => {
    const ids = Array.from({ length: count }, (_, index) => `${name}-${index}`);
    for (const requestID of ids) expect((await postCallback({ ingress: ingress.url, requestID, body })).status).toBe(200);
    await vi.waitFor(() => expect(world.arrived('/crm')).toEqual(expect.arrayContaining(ids)), DEADLINE);
    return ids;
  };
  const ofNewer = await send('newer', 30);
  await vi.waitFor(() => expect(world.arrived('/audit').length).toBeGreaterThan(0), DEADLINE);
  expect(await first.stop()).toBe(0);
  const tried = world.arrived('/audit').length;
  sink.answer(200);

  // An older one alone: at its start it looks for what nobody needs.
  const alone = await world.startWorker();
  await send('older', 5);
  expect(await alone.process.stop()).toBe(0);
  expect(world.arrived('/audit')).toHaveLength(tried);

  const older = await world.startWorker();
  const last = await startNewer();
  await vi.waitFor(() => expect(new Set(world.arrived('/audit'))).toEqual(new Set(ofNewer)), DEADLINE);
  expect(older.process.lines.filter(({ level }) => level === 'error')).toEqual([]);
  const crm = world.arrived('/crm');
  expect(crm).toEqual([...new Set(crm)]);

  // A stop ends a reload, or none begins: nothing is taken. A stopped process gets both signals at once.
  const many = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`o${index}`, `${sink.url}/o`]));
  for (const path of [newer, world.path]) await writeFile(path, settingsOf(world.prefix, { outputs: many }));
  for (const process of [last, ingress.process]) {
    for (const signal of ['SIGSTOP', 'SIGHUP', 'SIGTERM', 'SIGCONT'] as const) process.signal(signal);
    expect(await process.exit).toBe(0);
    const said = process.lines.map(({ msg }) => String(msg)).filter((msg) => /reloaded|stopp/.test(msg));
    const app = process === last ? 'worker' : 'ingress';
    const ended = said.filter((msg) => msg !== 'settings not reloaded: the process stops');
    expect(ended).toEqual([`${app} is stopping`, `${app} has stopped`]);
  }
}, 240_000);

it('a worker, then an ingress, that is killed in the middle of a reload under load loses nothing', async () => {
  const lock = '3s';
  const world = await install((sink) => ({ lock, outputs: { crm: `${sink}/crm` } }));
  const { sink } = world;
  const [ingress, worker] = await Promise.all([world.startIngress(), world.startWorker()]);
  const load = startLoad(ingress.url);
  await load.more(30);
  await world.write({ lock, outputs: { crm: `${sink.url}/new`, audit: `${sink.url}/audit` } });
  worker.process.signal('SIGHUP');
  // Work under the earlier settings has not ended.
  await worker.process.line('settings reloaded');
  expect(await worker.process.stop('SIGKILL')).toBeNull();
  await world.startWorker();
  const sent = await load.end();
  const arrived = () => new Set(['/crm', '/new'].flatMap(world.arrived));
  await vi.waitFor(() => expect([...arrived()].toSorted()).toEqual(sent), { timeout: 120_000, interval: 50 });

  const acked: string[] = [];
  const sending = Array.from({ length: 4 }, (_, client) => sendUntilCut(ingress.url, `i${client}`, acked));
  await vi.waitFor(() => expect(acked.length).toBeGreaterThan(30), DEADLINE);
  await world.write({ lock, secrets: [NEW], outputs: { crm: `${sink.url}/new` } });
  ingress.process.signal('SIGHUP');
  expect(await ingress.process.stop('SIGKILL')).toBeNull();
  await Promise.all(sending);
  const { url } = await world.startIngress();
  expect((await postCallback({ ingress: url, requestID: 'old', body })).status).toBe(401);
  expect((await postCallback({ ingress: url, requestID: 'new', body, secret: NEW })).status).toBe(200);
  await vi.waitFor(() => expect([...arrived()]).toEqual(expect.arrayContaining([...acked, 'new'])), DEADLINE);
}, 240_000);

/** Adds what is acked. */
async function sendUntilCut(ingress: string, client: string, acked: string[]): Promise<void> {
  for (let count = 0; ; count += 1) {
    const requestID = `${client}-${count}`;
    const answer = await postCallback({ ingress, requestID, body }).catch(() => undefined);
    if (answer === undefined) return;
    if (answer.status === 200) acked.push(requestID);
  }
}

it('what is taken under the earlier settings while Redis is away is given back, and goes by the new ones once', async () => {
  const redis = await startRedisServer({ appendfsync: 'always' });
  const world = await install((sink) => ({ outputs: { crm: `${sink}/crm` } }), redis.url);
  const { sink } = world;
  const answered = Promise.withResolvers<void>();
  sink.answer((_count, { path }) => (path === '/crm' ? answered.promise.then(() => CLOSING) : 200));
  const [ingress, worker] = await Promise.all([world.startIngress(), world.startWorker()]);
  const sent = Array.from({ length: 100 }, (_, index) => `c${index}`);
  const answers = await Promise.all(sent.map((requestID) => postCallback({ ingress: ingress.url, requestID, body })));
  expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  await vi.waitFor(() => expect(world.arrived('/crm')).toHaveLength(CONCURRENCY), DEADLINE);
  redis.pause();
  await world.write({ outputs: { crm: `${sink.url}/new` } });
  await reload(worker.process);
  answered.resolve();
  await vi.waitFor(async () => expect(await sink.connections()).toBe(0), DEADLINE);
  redis.resume();
  const arrived = () => [...world.arrived('/crm'), ...world.arrived('/new')].toSorted();
  await vi.waitFor(() => expect(arrived()).toEqual(sent.toSorted()), DEADLINE);
  expect(world.arrived('/crm')).toHaveLength(CONCURRENCY);
  expect(worker.process.lines.filter(({ attempt = 1 }) => Number(attempt) > 1)).toEqual([]);
}, 120_000);
