import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecret } from '@ringback/contracts';
import { openHistory } from '@ringback/history';
import {
  createInstallation,
  interfaceSettings,
  postCallback,
  SAMPLE_ACCOUNT,
  startRedisServer,
  taskBody,
  testPostgres,
} from '@ringback/testkit';
import { sign } from '@ringback/testkit/bare';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished, vi } from 'vitest';
import { bytesInRedis, filesIn, textsIn } from './bytes-at-rest.ts';
import { DEADLINE } from './history-world.ts';
import { ringback } from './commands.ts';

const [PHONE, NAME] = ['13800138777', 'Weiming Zhang'];
const PERSONAL = [PHONE, NAME];
/** Part of every requestID. Ids stay readable, so finding it shows that the place was really read. */
const ID = 'readable-id';

const routesOf = (sinkUrl: string) => `
  - { name: away, type: webhook, url: ${sinkUrl}/away, retry: { minDelay: 200ms }, breaker: { failures: 1, cooldown: 300s }, backlog: { maxCount: 1 } }
routes:
  - { match: callbot.task.*, when: data.taskStatus == 3, to: [crm, away] }
  - { match: callbot.task.*, when: 'int(data.other) == 7', to: [ops] }
privacy: { encrypt: { keys: [{ key: "${Buffer.alloc(32, 5).toString('base64')}" }] } }
alerts: { to: [ops], hold: 1s, every: 1s }
`;

async function install() {
  const redis = await startRedisServer({ appendfsync: 'always', settings: ['--rdbcompression', 'no'] });
  const folder = mkdtempSync(join(tmpdir(), 'ringback-sealed-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const { url, schema } = testPostgres();
  const ingress = `enqueueTimeout: 500ms, spool: { path: ${folder}/spool.sqlite }`;
  const world = await createInstallation({
    redisUrl: redis.url,
    settings: (crmUrl) => {
      const [outputs = ''] = interfaceSettings({ crmUrl, prefix: 'ringback', ingress, worker: 'lockDuration: 2s' }).split(
        'routes:',
      );
      return `${outputs.trimEnd()}${routesOf(crmUrl)}history: { store: postgres, url: "${url}", schema: ${schema} }\n`;
    },
  });
  world.sink.answer((_, { path }) => (path === '/away' ? 503 : path === '/hook' ? 410 : 200));
  const openStore = async () => {
    const store = await openHistory({ store: 'postgres', url: createSecret(url), schema }, { folder });
    onTestFinished(() => store.close());
    return store;
  };
  return { ...world, redis, folder, openStore };
}

const requestOf = (name: string) => `${ID}-${name}`;
const task = (more: object = {}) => taskBody({ other: `${NAME} ${PHONE}`, ...more });

/** A body that is no text. */
async function postBytes(url: string): Promise<number> {
  const body = Buffer.concat([Buffer.from(`{"phone":"${PHONE}","name":"${NAME}","x":"`), Buffer.of(0xff, 0xfe)]);
  const parts = {
    body,
    createTs: String(Math.floor(Date.now() / 1000)),
    requestID: requestOf('bytes'),
    uuid: SAMPLE_ACCOUNT.uuid,
  };
  const { createTs, requestID, uuid } = parts;
  const headers = { 'content-type': 'application/json', requestId: requestID, uuid, createTs, sign: sign(parts) };
  return (await fetch(new URL('/api/v3/taskCallback', url), { method: 'POST', headers, body })).status;
}

/** Delivered in vain, parked, in conflict, unrouted with a condition that fails on it, and refused in three ways. */
async function postAll(url: string): Promise<void> {
  const post = (name: string, body: string) => postCallback({ ingress: url, requestID: requestOf(name), body });
  for (const name of ['one', 'two']) expect(await post(name, task())).toMatchObject({ status: 200 });
  expect(await post('one', task({ sceneID: 'other' }))).toMatchObject({ status: 200 });
  expect(await post('unrouted', task({ taskStatus: 1 }))).toMatchObject({ status: 200 });
  expect(await post('malformed', `{"other":"${NAME} ${PHONE}" ${PHONE}`)).toMatchObject({ status: 400 });
  expect(await post('invalid', task({ taskStatus: `${NAME} ${PHONE}` }))).toMatchObject({ status: 400 });
  expect(await postBytes(url)).toBe(400);
}

it('keeps personal data out of every place where a body rests, and forgets it there', async () => {
  const { redis, folder, openStore, sink, env, startIngress, startWorker } = await install();
  const [ingress, worker] = await Promise.all([startIngress(), startWorker()]);
  await postAll(ingress.url);
  // Now its deliveries are held, and then parked.
  await worker.process.line('output paused after failures');
  for (const name of ['three', 'four', 'five'])
    expect(await postCallback({ ingress: ingress.url, requestID: requestOf(name), body: task() })).toMatchObject({ status: 200 });
  const store = await openStore();
  const inStore = async () => {
    const rows = [];
    for await (const portion of store.all()) rows.push(portion);
    return Buffer.from(JSON.stringify([rows, await store.rest.find({}, { limit: 100 })]));
  };
  const expectSealed = (place: string, bytes: Buffer) =>
    expect([place, textsIn(bytes, [ID, ...PERSONAL])]).toEqual([place, [ID]]);

  const codes = ['RB_REQUEST_ID_REUSED', 'RB_BODY_MALFORMED', 'RB_BODY_INVALID', 'RB_UNROUTED'];
  const everything = async () => Buffer.concat([await bytesInRedis(redis.url, 'ringback'), await inStore()]);
  await vi.waitFor(async () => {
    expect((await store.rest.find({}, { limit: 100 })).map(({ kind }) => kind)).toContain('parked');
    expect(textsIn(await everything(), codes)).toEqual(codes);
    expect(sink.requests.filter(({ path, body }) => path === '/slack' && String(body).includes('away'))).not.toEqual([]);
  }, DEADLINE);
  expectSealed('Redis', await bytesInRedis(redis.url, 'ringback'));
  expectSealed('the history', await inStore());
  const lines = Buffer.from(JSON.stringify([ingress.process.lines, worker.process.lines]));
  expect(textsIn(lines, ['conditionErrors', 'RB_DELIVERY_DEAD'])).toHaveLength(2);
  expectSealed('log lines', lines);

  const client = new Redis(redis.url);
  onTestFinished(() => client.disconnect());
  await client.save();
  const [, dir = ''] = await client.config('GET', 'dir');
  const files = filesIn(dir);
  expect(files.map(([name]) => name.replace(/^.*\./, '')).toSorted()).toEqual(expect.arrayContaining(['aof', 'rdb']));
  for (const [name, bytes] of files) expect([name, textsIn(bytes, PERSONAL)]).toEqual([name, []]);
  expectSealed('all files of Redis', Buffer.concat(files.map(([, bytes]) => bytes)));
  client.disconnect();

  await redis.stop();
  expect(await postCallback({ ingress: ingress.url, requestID: requestOf('spooled'), body: task() })).toMatchObject({
    status: 200,
  });
  expectSealed('the spool', Buffer.concat(filesIn(folder).map(([, bytes]) => bytes)));
  await redis.start();
  await ingress.process.line('spool drained');
  const spooled = () => sink.requests.filter(({ path, body }) => path === '/hook' && String(body).includes(requestOf('spooled')));
  await vi.waitFor(() => expect(spooled()).toHaveLength(1), DEADLINE);

  await ingress.process.stop();
  const { out } = await ringback(env, 'forget', '--phone', PHONE, '--yes', '--json');
  expect(JSON.parse(out)).toMatchObject({ notReached: [expect.stringContaining('spools')] });
  expect(textsIn(await everything(), [ID])).toEqual([]);
}, 240_000);
