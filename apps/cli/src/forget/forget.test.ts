import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Callback, callbackKey, groupCallbacks, placeOfKey } from '@ringback/contracts';
import { createHandOver, NO_ROWS, type RestEntry } from '@ringback/history';
import { createBodies } from '@ringback/queue';
import { testCallback, testRedis } from '@ringback/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { runCli } from '../run-cli.ts';
import { callbackRow, deliveryRow, T, withTestHistory } from '../search/test-history.ts';

const PHONE = '12025550100';
const body = (userPhone: string, taskID = 7) => JSON.stringify({ taskID, userPhone });
const theirs = (id: string) => testCallback(id, { receivedAt: T, body: body(PHONE) });
const other = (id: string) => testCallback(id, { receivedAt: T, body: body('12025550199') });

async function setUp() {
  const access = testRedis();
  const redis = new Redis(access.url, { maxRetriesPerRequest: null });
  const opened = await withTestHistory(access);
  onTestFinished(() => redis.disconnect());
  const { prefix } = access;
  const folder = dirname(opened.path);
  const inFiles = (text: string) => readdirSync(folder).filter((name) => readFileSync(join(folder, name)).includes(text));
  const inRedis = async (text: string) => {
    const dumped = (await redis.keys(`${prefix}:*`)).map(async (key) => [key, await dump(redis, key)] as const);
    const found = (await Promise.all(dumped)).flatMap(([key, content]) =>
      content.includes(text) ? [key.slice(prefix.length + 1)] : [],
    );
    return found.toSorted();
  };
  const forget = (...args: string[]) => opened.cli('forget', ...args);
  return { ...opened, redis, prefix, inFiles, inRedis, forget };
}

async function dump(redis: Redis, key: string): Promise<string> {
  const type = await redis.type(key);
  if (type === 'hash') return JSON.stringify(await redis.hgetall(key));
  if (type === 'stream') return JSON.stringify(await redis.xrange(key, '-', '+'));
  return '';
}

function resting(callback: Callback, kind: RestEntry['kind']): RestEntry {
  const { id: requestID, source, account, receivedAt } = callback;
  const key = callbackKey(callback);
  const own = { id: `b9.${key}.${kind}`, kind, key, place: placeOfKey(key), requestID, source, account, receivedAt, at: T };
  return { ...own, output: 'crm', payload: JSON.stringify({ v: 1, batch: 'b9', from: 'b9', callback }) };
}

/** One person and others: in Redis, on the way to the history, in it, and at rest there. */
async function fill({ redis, prefix, history }: Awaited<ReturnType<typeof setUp>>): Promise<void> {
  const queue = new Queue('callbacks', { connection: redis, prefix });
  await queue.add('batch', { v: 1, groups: groupCallbacks([other('q1'), theirs('q2'), other('q3')]) }, { jobId: 'b1' });
  await queue.close();
  const held = { output: 'crm', callbacks: [theirs('h1'), other('h2')], state: 'held', beyond: 'held' } as const;
  await createBodies({ redis, prefix }).store({ id: 'b2', batch: 'b2', again: false, compact: false, shares: [held] });

  const logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const stream = createHandOver({ redis, prefix, most: () => 1_000_000, now: Date.now, logger });
  const groups = groupCallbacks([other('s1'), theirs('s2')]);
  const fates = [{ routes: [1], to: ['crm'] }];
  await stream.handOver({ v: 1, kind: 'dispatched', batch: 'b3', at: T, settings: 's', groups, fates, fateOf: [0, 0] });
  const attempt = { batch: 'b3', number: 1, at: T, ms: 1, outcome: 'delivered', answer: `thanks, +${PHONE}` } as const;
  const refs = [other('s1'), theirs('s2')].map((one) => ({ key: callbackKey(one), receivedAt: T }));
  await stream.handOver({
    v: 1,
    kind: 'attempted',
    output: 'crm',
    attempts: refs.map((ref) => ({ ...ref, ...attempt, answer: '' })),
  });
  await stream.handOver({ v: 1, kind: 'attempted', output: 'crm', attempts: [{ ...attempt, key: 'unknown', receivedAt: T }] });
  stream.close();

  const rows = [callbackRow('p1', theirs('p1')), callbackRow('p2', other('p2')), callbackRow('p3', other('p3'))];
  const [, , third] = rows;
  const attempts = third ? [{ ...attempt, key: third.key, receivedAt: T, output: 'crm' }] : [];
  await history.write({ ...NO_ROWS, callbacks: rows, deliveries: rows.map((row) => deliveryRow(row)), attempts });
  const encoded = { encoding: 'base64', body: Buffer.from(body(PHONE)).toString('base64') };
  const quarantined = { ...resting(other('r3'), 'quarantine'), payload: JSON.stringify({ v: 1, entry: encoded }) };
  await history.rest.put([resting(theirs('r1'), 'parked'), resting(other('r2'), 'parked'), quarantined]);
}

it('removes a person by phone number from Redis and the history, their files included, and nobody else', async () => {
  const world = await setUp();
  await fill(world);
  const { forget, history, inFiles, inRedis, redis, prefix } = world;
  const before = await inRedis(PHONE);
  expect(before).toEqual(['bodies:b2', 'callbacks:b1', 'history']);

  const dry = await forget('--phone', '+1 (202) 555-0100', '--dry-run', '--json');
  expect([dry.code, dry.err]).toEqual([0, '']);
  const counted = [
    { place: 'callbacks', count: 1 },
    { place: 'deliveries', output: 'crm', count: 1 },
    { place: 'on its way to the history', count: 1 },
    { place: 'history', count: 2 },
    { place: 'at rest in the history', count: 2 },
  ];
  expect(JSON.parse(dry.out)).toMatchObject({ dryRun: true, removed: expect.arrayContaining(counted), notReached: [] });
  const refused = await forget('--phone', PHONE);
  expect([refused.code, refused.err]).toEqual([1, 'nothing was removed: say --yes to do it\n']);
  expect(await inRedis(PHONE)).toEqual(before);

  const { code, out, err } = await forget('--phone', '+1 (202) 555-0100', '--yes', '--json');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  const result = JSON.parse(out);
  expect(result).toMatchObject({ dryRun: false, notReached: [], erased: true });
  expect(result.removed.toSorted((a: { place: string }, b: { place: string }) => (a.place < b.place ? -1 : 1))).toEqual(
    counted.toSorted((a, b) => (a.place < b.place ? -1 : 1)),
  );
  expect(out).not.toContain(PHONE);
  expect([await inRedis(PHONE), inFiles(PHONE)]).toEqual([[], []]);

  expect((await history.find({}, { limit: 10 })).map(({ id }) => id)).toEqual(['p2']);
  expect((await history.rest.find({}, { limit: 10 })).map(({ requestID }) => requestID)).toEqual(['r2']);
  const [acted] = await history.actions(1);
  expect(acted).toMatchObject({ command: 'forget', facts: { by: 'phone', removed: 7, notReached: 0 }, callbacks: [] });
  const events = (await redis.xrange(`${prefix}:history`, '-', '+')).map(([, fields]) => JSON.parse(fields[5] ?? ''));
  expect(events).toMatchObject(
    [
      { kind: 'attempted', attempts: [{ key: callbackKey(other('s1')) }] },
      { kind: 'dispatched', groups: groupCallbacks([other('s1')]), fateOf: [0] },
    ].toSorted((a, b) => (events[0].kind === a.kind ? -1 : events[0].kind === b.kind ? 1 : 0)),
  );
  expect(Number(await redis.hget(`${prefix}:history.state`, 'bytes'))).toBe(
    events.reduce((sum, event) => sum + JSON.stringify(event).length + 128, 0),
  );
  expect(await forget('--phone', PHONE, '--yes')).toMatchObject({ code: 0, out: expect.stringContaining('nothing was found') });
});

it('removes one callback by its requestID, or all of a task', async () => {
  const world = await setUp();
  await fill(world);
  const { forget, history } = world;
  const rows = ['t1', 't2'].map((id) => callbackRow(id, { subjects: { task: '7', userTask: 'autumn' }, body: undefined }));
  await history.write({ ...NO_ROWS, callbacks: rows });
  expect(await forget('--requestID', ' p2 ', '--yes')).toMatchObject({ code: 0, err: '' });
  expect((await history.find({}, { limit: 10 })).map(({ id }) => id).toSorted()).toEqual(['p1', 'p3', 't1', 't2']);
  expect(await forget('--task', 'autumn', '--yes')).toMatchObject({ code: 0, err: '' });
  expect((await history.find({}, { limit: 10 })).map(({ id }) => id).toSorted()).toEqual(['p1', 'p3']);
});

it('says what it cannot reach, with 1, and what is no phone number', async () => {
  const world = await setUp();
  await fill(world);
  const { forget, redis, prefix } = world;
  await redis.set(`${prefix}:callbacks:b1:lock`, 'a worker');
  const { code, err, out } = await forget('--phone', PHONE, '--yes');
  expect(code).toBe(1);
  expect(err).toBe('not reached: 1 in callbacks: a worker has them under way. Run it again when it is done with them\n');
  expect(out).toMatch(/^WHERE .*REMOVED\n/);
  expect(out).toContain('note: Redis');
  expect(await runCli(['forget', '--phone', 'Ada'])).toMatchObject({ code: 2, err: expect.stringContaining('7 to 15 digits') });
  expect(await runCli(['forget'])).toMatchObject({ code: 2, err: expect.stringContaining('name whom') });
});
