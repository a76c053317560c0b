import { createHash } from 'node:crypto';
import { type Callback, callbackKey, createSecret, groupCallbacks, placeOfKey } from '@ringback/contracts';
import { createHandOver, NO_ROWS, type RestEntry } from '@ringback/history';
import { createBodyCodec, keyIds } from '@ringback/privacy';
import { createBodies } from '@ringback/queue';
import { testCallback, testRedis } from '@ringback/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { keptRow, openTestHistory, T } from '../test-history.ts';
import { rotate } from './rotate.ts';
import { encryptionStatus } from './status.ts';

const keyOf = (name: string) => ({ key: createSecret(createHash('sha256').update(name).digest('base64')) });
const settings = (...names: string[]) => ({ keys: names.map(keyOf), active: true });
const codecOf = (...names: string[]) => createBodyCodec(() => settings(...names));
const [OLD = '', NEW = '', LOST = ''] = keyIds(settings('old', 'new', 'lost'));
const old = codecOf('old');

const callback = (id: string) => testCallback(id, { body: `{"n":"${id}"}` });

async function setUp() {
  const { url, prefix } = testRedis();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  const history = await openTestHistory();
  const queue = new Queue('callbacks', { connection: redis, prefix });
  onTestFinished(async () => {
    await queue.close();
    redis.disconnect();
  });
  const places = { shardCount: 1, shards: [{ number: 0, redis, prefix }], history };
  const status = (...keys: string[]) => encryptionStatus({ places, keys, away: [], spool: () => [] });
  const run = (dryRun = false) =>
    rotate({ places, codec: codecOf('new', 'old'), key: NEW, dryRun, away: [], onProgress: () => {} });
  return { redis, prefix, history, queue, status, run };
}

function resting(entry: Callback, kind: RestEntry['kind']): RestEntry {
  const { id: requestID, source, account, receivedAt } = entry;
  const key = callbackKey(entry);
  const own = { id: `b9.${key}.${kind}`, kind, key, place: placeOfKey(key), requestID, source, account, receivedAt, at: T };
  const output = kind === 'quarantine' ? {} : { output: 'crm' };
  return { ...own, ...output, payload: JSON.stringify({ v: 1, batch: 'b9', from: 'b9', callback: entry }) };
}

async function fill({ redis, prefix, history, queue }: Awaited<ReturnType<typeof setUp>>): Promise<void> {
  const batch = (id: string, callbacks: readonly Callback[]) =>
    queue.add('batch', { v: 1, groups: groupCallbacks(callbacks) }, { jobId: id });
  await batch('b1', [old.seal(callback('q1')), callback('q2'), codecOf('new').seal(callback('q3'))]);
  await batch('b2', [old.seal(callback('taken'))]);
  await batch('b3', [codecOf('lost').seal(callback('lost')), old.seal(callback('beside'))]);
  await redis.set(`${prefix}:callbacks:b2:lock`, 'a worker');
  const held = { output: 'crm', callbacks: [old.seal(callback('h1'))], state: 'held', beyond: 'held' } as const;
  await createBodies({ redis, prefix }).store({ id: 'b4', batch: 'b4', again: false, compact: true, shares: [held] });
  const logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const stream = createHandOver({ redis, prefix, most: () => 1_000_000, now: Date.now, logger });
  const groups = groupCallbacks([old.seal(callback('s1'))]);
  const fates = [{ routes: [], to: [] }];
  await stream.handOver({ v: 1, kind: 'dispatched', batch: 'b', at: T, settings: 'd', groups, fates, fateOf: [0] });
  stream.close();
  const rows = Array.from({ length: 120 }, (_, i) => old.seal({ ...keptRow(i), body: `{"n":${i}}` }));
  await history.write({ ...NO_ROWS, callbacks: [...rows, keptRow(200)] });
  const tampered = { ...callback('t1'), body: old.seal(callback('other')).body };
  await history.rest.put([
    ...['p1', 'p2'].map((id) => resting(old.seal(callback(id)), 'parked')),
    resting(callback('plain'), 'dead-letter'),
    resting(tampered, 'quarantine'),
  ]);
}

it('counts bodies by key and place, and encrypts with the first key all that can be and is not under way', async () => {
  const world = await setUp();
  const { history, status, run, redis, prefix } = world;
  await fill(world);
  const before = await status(NEW, OLD);
  expect(before).toMatchObject({ unreadable: 0, notReached: [], missing: [{ id: LOST, bodies: 1 }] });
  expect(before.keys[0]).toMatchObject({ id: NEW, at: [{ where: 'callbacks', bodies: 1 }] });
  expect(before.keys[1]?.at.toSorted((a, b) => (a.where < b.where ? -1 : 1))).toEqual([
    { where: 'callbacks', outputs: [], bodies: 3 },
    { where: 'deliveries', outputs: ['crm'], bodies: 1 },
    { where: 'history', outputs: [], bodies: 120, newest: T + 119 },
    { where: 'history: parked', outputs: ['crm'], bodies: 2 },
    { where: 'history: quarantine', outputs: [], bodies: 1 },
    { where: 'on the way to the history', outputs: [], bodies: 1 },
  ]);
  expect(before.plain.bodies).toBe(3);

  const sumOf = (places: readonly { readonly bodies: number }[]) => places.reduce((sum, { bodies }) => sum + bodies, 0);
  // A dry run knows nothing of locks.
  expect(sumOf((await run(true)).rotated)).toBe(129);
  expect(await status(NEW, OLD)).toEqual(before);

  const done = await run();
  expect(sumOf(done.rotated)).toBe(128);
  expect(done.underWay).toEqual([{ where: 'callbacks', outputs: [], bodies: 1 }]);
  expect(sumOf(done.unreadable)).toBe(2);
  const after = await status(NEW, OLD);
  expect(after.plain.bodies).toBe(0);
  expect(after.keys[1]?.at.map(({ where, bodies }) => `${where} ${bodies}`).toSorted()).toEqual([
    'callbacks 1',
    'history: quarantine 1',
    'on the way to the history 1',
  ]);

  const anew = codecOf('new');
  for await (const { callbacks } of history.all())
    for (const row of callbacks)
      expect(anew.open({ ...row, body: String(row.body) }).body).toBe(
        row.id === 'r-200' ? keptRow(200).body : `{"n":${row.id.slice(2)}}`,
      );
  const [share] = (await createBodies({ redis, prefix }).read('b4', 'crm'))?.callbacks ?? [];
  expect(share && anew.open(share)).toEqual(callback('h1'));
  await redis.del(`${prefix}:callbacks:b2:lock`);
  expect(sumOf((await run()).rotated)).toBe(1);
  expect((await run()).rotated).toEqual([]);
});
