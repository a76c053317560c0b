import type { QuarantinedCallback } from '@ringback/contracts';
import { testCallback, testRedis } from '@ringback/testkit';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createBodies } from '../deliveries/bodies/bodies.ts';
import { noteOutputs } from '../deliveries/known-outputs.ts';
import { createDeliveryProducer } from '../deliveries/producer.ts';
import { openDeadLetters } from './dead-letters.ts';
import { joinKeptStores } from './kept-in-shards.ts';
import type { Kept, KeptFilter, KeptStore } from './kept.ts';
import { newestFirst } from './newest-first.ts';
import { openQuarantineStore } from './quarantine-store.ts';
import { createQuarantine, createUnroutedQuarantine } from './quarantine.ts';

const delivery = { retry: { attempts: 3, giveUpAfter: 86_400_000, minDelay: 60_000, maxDelay: 60_000 } };
const bounds = { maxCount: 100, maxSize: 1_000_000 };
const entry = (id: string): QuarantinedCallback => {
  const identity = { id, source: 's', account: 'a', time: 1, receivedAt: 2 };
  return { ...identity, v: 1, body: '{}', encoding: 'utf8', reason: 'RB_BODY_INVALID: the body' };
};

/** One shard: what is kept in it, and how a test adds to it. */
function setUp() {
  const { url, prefix } = testRedis();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  onTestFinished(() => redis.disconnect());
  const access = { redis, prefix };
  const opened = <T extends { close(): Promise<unknown> }>(one: T): T => {
    onTestFinished(async () => void (await one.close()));
    return one;
  };
  const producer = (output: string) => opened(createDeliveryProducer({ ...access, output, delivery, nearlyFull: () => false }));
  const [refused, unrouted] = [createQuarantine({ ...access, bounds }), createUnroutedQuarantine({ ...access, bounds })];
  return {
    access,
    producer,
    /** A dead letter, of deliveries that are stored by reference. */
    fail: async (id: string, output: string) => {
      const share = { output, callbacks: [testCallback(id)], state: 'queued', beyond: 'held' } as const;
      await createBodies(access).store({ id, batch: id, again: false, compact: true, shares: [share] });
      await producer(output).addRefused(id, { reason: 'HTTP 410', fault: 'theirs' });
    },
    misfit: (id: string) => refused.keep([entry(id)]),
    stray: (id: string) => unrouted.keep([entry(id)]),
    deadLetters: async () => opened(await openDeadLetters({ ...access, outputs: ['crm', 'log'], served: async () => false })),
    quarantine: () => opened(openQuarantineStore({ ...access, read: () => testCallback('x'), release: async () => {} })),
  };
}

/** Each in a millisecond of its own. */
async function inTurn(...steps: readonly (() => Promise<unknown>)[]): Promise<void> {
  for (const step of steps) {
    const before = Date.now();
    await step();
    await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(before + 1), { interval: 1 });
  }
}

async function listed(store: KeptStore, filter: KeptFilter = {}): Promise<Kept[]> {
  const all: Kept[] = [];
  for await (const kept of store.find(filter)) all.push(kept);
  return all;
}

const requestIDs = async (store: KeptStore, filter?: KeptFilter) =>
  (await listed(store, filter)).flatMap(({ callbacks }) => callbacks.map(({ id }) => id));

it('dead letters are listed newest first over all outputs', async () => {
  const { fail, deadLetters } = setUp();
  await inTurn(
    () => fail('a', 'log'),
    () => fail('b', 'crm'),
    () => fail('c', 'log'),
    () => fail('d', 'crm'),
  );
  expect(await requestIDs(await deadLetters())).toEqual(['d', 'c', 'b', 'a']);
});

it('dead letters of a removed output, and what its queue still held, are in order as well', async () => {
  const { access, producer, fail, deadLetters } = setUp();
  await noteOutputs(access, ['old']);
  const held = (id: string) => {
    const share = {
      output: 'old',
      callbacks: [testCallback(id, { receivedAt: Date.now() })],
      state: 'held',
      beyond: 'held',
    } as const;
    return createBodies(access).store({ id, batch: id, again: false, compact: true, shares: [share] });
  };
  await inTurn(
    () => fail('a', 'old'),
    () => producer('old').addBatch({ id: 'b', callbacks: [testCallback('b')], again: false }),
    () => held('c'),
    () => held('d'),
    () => fail('e', 'crm'),
  );
  expect(await requestIDs(await deadLetters())).toEqual(['e', 'd', 'c', 'b', 'a']);
});

it('the quarantine is listed newest first over both of its rooms', async () => {
  const { misfit, stray, quarantine } = setUp();
  await inTurn(
    () => misfit('a'),
    () => stray('b'),
    () => misfit('c'),
    () => stray('d'),
  );
  expect(await requestIDs(quarantine())).toEqual(['d', 'c', 'b', 'a']);
});

it('stores of several shards are one, newest first, and each entry is acted on in its own shard', async () => {
  const [one, two] = [setUp(), setUp()];
  await inTurn(
    () => one.fail('a', 'crm'),
    () => two.fail('b', 'crm'),
    () => one.fail('c', 'log'),
    () => two.fail('d', 'log'),
  );
  const [first, second] = [await one.deadLetters(), await two.deadLetters()];
  const store = joinKeptStores([
    { shard: 0, store: first },
    { shard: 3, store: second },
  ]);
  expect((await listed(store)).map(({ shard, callbacks }) => [shard, callbacks[0]?.id])).toEqual([
    [3, 'd'],
    [0, 'c'],
    [3, 'b'],
    [0, 'a'],
  ]);
  const [d, c] = await listed(store, { output: 'log' });
  expect(d && (await store.purge(d))).toBeUndefined();
  expect(c && (await store.replay(c))).toBeUndefined();
  expect(await requestIDs(first)).toEqual(['a']);
  expect(await requestIDs(second)).toEqual(['b']);
  expect(await two.producer('log').pending()).toBe(0);
  expect(await one.producer('log').pending()).toBe(1);
  expect(d && (await store.purge({ ...d, shard: 7 }))).toBe('no longer there');
});

it('a list that is not read to its end lets go of all its sources', async () => {
  const ended: string[] = [];
  async function* source(name: string): AsyncGenerator<Kept> {
    try {
      for (let time = 10; ; time -= 1) yield { ...kept, id: `${name}${time}`, time };
    } finally {
      ended.push(name);
    }
  }
  const kept = {
    queue: 'q',
    id: '',
    kind: 'callback',
    callbacks: [],
    reason: '',
    fault: 'ours',
    attempts: 0,
    payload: {},
  } as const;
  const seen: string[] = [];
  for await (const { id } of newestFirst([source('a'), source('b')])) {
    seen.push(id);
    if (seen.length === 3) break;
  }
  expect([seen, ended.toSorted()]).toEqual([
    ['a10', 'b10', 'a9'],
    ['a', 'b'],
  ]);
});
