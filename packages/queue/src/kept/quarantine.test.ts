import { type Callback, createSecret, groupCallbacks, type QuarantinedCallback, RingbackError } from '@ringback/contracts';
import { startRedisServer, testRedis, watchCommands } from '@ringback/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Kept, KeptStore } from './kept.ts';
import { createQuarantineProducer } from './quarantine-producer.ts';
import { openQuarantineStore } from './quarantine-store.ts';
import { createQuarantine, createUnroutedQuarantine, type Quarantine } from './quarantine.ts';

const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
const identity = { source: 's', account: 'a', time: 1, receivedAt: 2 };
const entry = (id: string, change: Partial<QuarantinedCallback> = {}): QuarantinedCallback => ({
  ...identity,
  v: 1,
  id,
  body: '{}',
  encoding: 'utf8',
  code: 'RB_BODY_INVALID',
  reason: 'RB_BODY_INVALID: the body',
  ...change,
});
const asCallback = ({ id, body }: QuarantinedCallback): Callback => ({ ...identity, id, body, type: 't' });

function setUp({ maxCount = 100, maxSize = 1_000_000, read = asCallback, url = testRedis().url } = {}) {
  const { prefix } = testRedis();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  const [quarantine, other] = [0, 1].map(() => createQuarantine({ redis, prefix, bounds: { maxCount, maxSize } })) as [
    Quarantine,
    Quarantine,
  ];
  const unrouted = createUnroutedQuarantine({ redis, prefix, bounds: { maxCount, maxSize } });
  const store = openQuarantineStore({ redis, prefix, read, release: async () => {} });
  const callbacks = new Queue('callbacks', { connection: redis, prefix });
  const queue = new Queue('quarantine', { connection: redis, prefix });
  onTestFinished(async () => {
    await Promise.all([store.close(), callbacks.close(), queue.close()]);
    redis.disconnect();
  });
  return { quarantine, other, unrouted, store, callbacks, queue };
}

async function found(store: KeptStore): Promise<Kept[]> {
  const all: Kept[] = [];
  for await (const kept of store.find({})) all.push(kept);
  return all.toReversed();
}

const requestIDs = async (store: KeptStore) => (await found(store)).map(({ callbacks }) => callbacks[0]?.id);

describe('quarantine', () => {
  it('keeps the same thing once, however often it comes, and two that differ apart', async () => {
    const { quarantine, store } = setUp();
    expect(await quarantine.keep([entry('x'), entry('x'), entry('x', { body: '[]' })])).toEqual([true, true, true]);
    expect(await quarantine.keep([entry('x')])).toEqual([true]);
    expect(await requestIDs(store)).toEqual(['x', 'x']);
  });

  it('keeps a text apart from the bytes that it is the base64 of', async () => {
    const { quarantine, store } = setUp();
    const entries = [entry('x', { body: 'AAEC' }), entry('x', { body: 'AAEC', encoding: 'base64' })];
    expect(await quarantine.keep(entries)).toEqual([true, true]);
    expect(await requestIDs(store)).toEqual(['x', 'x']);
  });

  it('gives one kind of misfit half of its room, and has room again once a person has purged', async () => {
    const { quarantine, store } = setUp({ maxCount: 4 });
    expect(await quarantine.keep([entry('a'), entry('b'), entry('c'), entry('a')])).toEqual([true, true, false, true]);
    expect(await requestIDs(store)).toEqual(['a', 'b']);
    const [oldest] = await found(store);
    expect(oldest && (await store.purge(oldest))).toBeUndefined();
    expect(await quarantine.keep([entry('c')])).toEqual([true]);
  });

  it('gives one kind of misfit half of its size, a small one beside a large one', async () => {
    const { quarantine } = setUp({ maxSize: 40_000 });
    const large = { body: 'x'.repeat(12_000) };
    expect(await quarantine.keep([entry('a', large), entry('b', large), entry('c')])).toEqual([true, false, true]);
    expect(await quarantine.keep([entry('d', large)])).toEqual([false]);
  });

  it('never lets garbage push out or keep out what is of another account, or of another kind', async () => {
    const { quarantine, store } = setUp({ maxCount: 100 });
    await quarantine.keep([entry('genuine before')]);
    const garbage = (count: number, change: Partial<QuarantinedCallback>) =>
      quarantine.keep(Array.from({ length: count }, (_, index) => entry(`garbage ${index}`, change)));
    const malformed = await garbage(1000, { code: 'RB_BODY_MALFORMED' });
    expect(malformed.filter(Boolean).length).toBeLessThanOrEqual(50);
    expect(malformed.filter(Boolean).length).toBeGreaterThan(45);
    // Whatever else floods in leaves room, too.
    for (const code of ['RB_BODY_INCOMPLETE', 'RB_REQUEST_ID_REUSED', 'RB_INTERNAL']) await garbage(1000, { code });
    expect(await quarantine.keep([entry('genuine after')])).toEqual([true]);
    expect(await quarantine.keep([entry('genuine', { account: 'another', code: 'RB_BODY_MALFORMED' })])).toEqual([true]);
    const kept = await requestIDs(store);
    expect(kept).toContain('genuine before');
    expect(kept.length).toBeLessThanOrEqual(100);
  });

  it('sees what others kept and purged since it looked last', async () => {
    const { quarantine, store, other } = setUp({ maxCount: 4 });
    expect(await quarantine.keep([entry('a')])).toEqual([true]);
    expect(await other.keep([entry('b'), entry('c')])).toEqual([true, false]);
    for (let look = 0; look < 3; look += 1) expect(await quarantine.keep([entry('b'), entry('c')])).toEqual([true, false]);
    const [, newest] = await found(store);
    expect(newest && (await store.purge(newest))).toBeUndefined();
    expect(await other.keep([entry('c')])).toEqual([true]);
    // As many as before, but others.
    expect(await quarantine.keep([entry('b'), entry('c')])).toEqual([false, true]);
  });

  it('stores beside an entry what it takes, so that others count its size', async () => {
    const { quarantine, other, queue } = setUp({ maxSize: 40_000 });
    const large = { body: 'x'.repeat(12_000) };
    await quarantine.keep([entry('a', large)]);
    expect((await queue.getWaiting()).map(({ id }) => id?.split('.').length)).toEqual([2]);
    expect(await other.keep([entry('b', large)])).toEqual([false]);
  });

  it('counts what an earlier Ringback kept', async () => {
    const { quarantine, queue } = setUp({ maxCount: 4 });
    for (const id of ['one', 'two', 'three']) await queue.add('callback', entry(id), { jobId: `${id}.digest.10` });
    expect(await quarantine.keep([entry('a'), entry('b')])).toEqual([true, false]);
  });

  it('looks at its ends only while it is full and nothing changes', async () => {
    const { url } = await startRedisServer();
    const { quarantine, other } = setUp({ maxCount: 40, url });
    const keeping = (keeper: Quarantine) => keeper.keep(Array.from({ length: 64 }, (_, index) => entry(`g${index}`)));
    await keeping(quarantine);
    const commands = await watchCommands(url);
    await keeping(quarantine);
    expect(await commands.take()).toHaveLength(2);
    await keeping(other);
    expect((await commands.take()).length).toBeGreaterThan(2);
  });

  it('gives what no route matched a room of its own, seen by the same commands', async () => {
    const { quarantine, unrouted, store, callbacks } = setUp({ maxCount: 2 });
    const stray = (id: string) => entry(id, { code: 'RB_UNROUTED', reason: 'RB_UNROUTED: no route matched' });
    expect(await Promise.all(['s', 't'].map((id) => unrouted.keep([stray(id)], { batch: 'b1' })))).toEqual([[true], [false]]);
    expect(await quarantine.keep([entry('x')])).toEqual([true]);
    expect(await requestIDs(store)).toEqual(['s', 'x']);
    const [kept] = await found(store);
    // Too early: a worker keeps it again before the replay has removed it.
    expect(await unrouted.keep([stray('s')], { batch: 'b2', always: true })).toEqual([true]);
    expect(kept && (await store.replay(kept))).toBeUndefined();
    expect(new Set(await requestIDs(store))).toEqual(new Set(['s', 'x']));
    expect(await callbacks.getWaitingCount()).toBe(1);
  });

  it('is replayed into the callbacks, once it can be read', async () => {
    let fixed = false;
    const read = (kept: QuarantinedCallback) => {
      if (!fixed) throw new RingbackError('RB_BODY_INVALID', 'still unfit');
      return asCallback(kept);
    };
    const { quarantine, store, callbacks } = setUp({ read });
    await quarantine.keep([entry('x')]);
    const [kept] = await found(store);
    if (!kept) throw new Error('it is there');
    expect(await store.replay(kept)).toBe('RB_BODY_INVALID: still unfit');
    expect(await callbacks.getWaitingCount()).toBe(0);
    fixed = true;
    expect(await store.replay(kept)).toBeUndefined();
    expect((await callbacks.getWaiting()).map(({ data }) => data as unknown)).toEqual([
      { v: 1, groups: groupCallbacks([asCallback(entry('x'))]), replayed: true },
    ]);
    expect([await found(store), await store.replay(kept)]).toEqual([[], 'no longer there']);
  });

  it('does not replay what would only be refused as a duplicate again', async () => {
    const { quarantine, store, callbacks } = setUp();
    const reused = entry('x', { code: 'RB_REQUEST_ID_REUSED', reason: 'RB_REQUEST_ID_REUSED: same requestID, other body' });
    const { code: _, ...ofAnEarlierVersion } = reused;
    await quarantine.keep([reused, { ...ofAnEarlierVersion, id: 'y' }]);
    for (const kept of await found(store)) expect(await store.replay(kept)).toContain('another body');
    expect(await callbacks.getWaitingCount()).toBe(0);
    expect(await found(store)).toHaveLength(2);
  });

  it("is the ingress's only while Redis answers: then what it said to be kept is there", async () => {
    const redis = await startRedisServer({ appendfsync: 'always' });
    const producer = createQuarantineProducer({
      shards: [{ url: createSecret(redis.url), prefix: 'test' }],
      bounds: () => ({ maxCount: 6, maxSize: 1_000_000 }),
      timeout: 500,
      now: Date.now,
      logger,
    });
    onTestFinished(() => producer.close());
    const kept = await vi.waitFor(() => producer.keep(entry('first')), { timeout: 10_000 });
    expect(kept).toBe(true);
    expect(await Promise.all(['b', 'c', 'd'].map((id) => producer.keep(entry(id))))).toEqual([true, true, false]);
    redis.pause();
    await expect(producer.keep(entry('e'))).rejects.toMatchObject({ code: 'RB_QUEUE_UNAVAILABLE' });
    redis.resume();
  });
});
