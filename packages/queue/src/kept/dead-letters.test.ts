import { groupCallbacks } from '@ringback/contracts';
import { testCallback as callback, testRedis } from '@ringback/testkit';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { consumeDeliveries, type DeliveryHandlers } from '../deliveries/consumer.ts';
import { noteOutputs } from '../deliveries/known-outputs.ts';
import { createDeliveryProducer } from '../deliveries/producer.ts';
import { openDeadLetters } from './dead-letters.ts';
import type { Kept, KeptFilter, KeptStore } from './kept.ts';

const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
const delivery = { retry: { attempts: 3, giveUpAfter: 86_400_000, minDelay: 1, maxDelay: 1 } };

function setUp({ outputs = ['crm'] } = {}) {
  const { url, prefix } = testRedis();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  onTestFinished(() => redis.disconnect());
  const access = { redis, prefix };

  const producer = (output = 'crm') => {
    const made = createDeliveryProducer({ nearlyFull: () => false, ...access, output, delivery });
    onTestFinished(() => made.close());
    return made;
  };
  const queue = (name: string) => {
    const made = new Queue(name, { connection: redis, prefix });
    onTestFinished(() => made.close());
    return made;
  };
  /** Runs `work` beside a worker of the output; attempts are those of its single deliveries. */
  async function withWorker(attempt: DeliveryHandlers['single'], work: () => Promise<void>) {
    const single: DeliveryHandlers['single'] = async (taken) =>
      taken.refused === undefined ? attempt(taken) : { outcome: 'dead', ...taken.refused, spent: taken.spent };
    const batch = async () => {
      throw new Error('broken');
    };
    const settings = { ...access, concurrency: 4, lockDuration: 2000, output: 'crm', delivery };
    const consumer = consumeDeliveries({ ...settings, handlers: { single, batch }, logger });
    await work();
    await consumer.close(5000);
  }
  async function store(): Promise<KeptStore> {
    const opened = await openDeadLetters({ ...access, outputs, served: async () => false });
    onTestFinished(() => opened.close());
    return opened;
  }
  return { access, producer, queue, withWorker, store };
}

async function found(store: KeptStore, filter: KeptFilter = {}): Promise<Kept[]> {
  const all: Kept[] = [];
  for await (const kept of store.find(filter)) all.push(kept);
  return all.toReversed();
}

const until = (condition: () => Promise<void>) => vi.waitFor(condition, { timeout: 10_000, interval: 10 });
const spent = { attempts: 1, uncounted: 0 };
const once = { batch: 'b1', spent };
const refused = { outcome: 'dead', reason: 'HTTP 410', fault: 'theirs', spent } as const;
const failedOnce = { outcome: 'retry', reason: 'HTTP 500', fault: 'theirs', counted: true, waitMs: 1, spent } as const;

/** One dead letter, refused by its destination. */
async function oneDead({ producer, withWorker, store, queue }: ReturnType<typeof setUp>) {
  await producer().addFailed({ ...once, callback: callback('x'), ...refused });
  const dead = await store();
  await withWorker(
    async () => refused,
    () => until(async () => expect(await found(dead)).toHaveLength(1)),
  );
  const [kept] = await found(dead);
  if (!kept) throw new Error('it is there');
  return { dead, kept, queue };
}

describe('dead letters', () => {
  it('tell whose fault it is, and say what it was about', async () => {
    const { producer, queue, withWorker, store } = setUp();
    const crm = producer();
    await crm.addFailed({ ...once, callback: callback('theirs'), ...refused });
    await crm.addFailed({ ...once, callback: callback('ours'), ...refused, reason: 'RB_INTERNAL: bad template', fault: 'ours' });
    for (const id of ['exhausted', 'bug']) await crm.addFailed({ ...once, callback: callback(id), ...failedOnce, waitMs: 10 });
    await queue('output.crm').add('x', { n: 7 }, { jobId: 'alien' });
    const dead = await store();
    const attempt: DeliveryHandlers['single'] = async ({ callback: { id }, spent: before, attempts }) => {
      const number = before.attempts + 1;
      if (id === 'bug') throw new Error('no such thing');
      return number < attempts ? failedOnce : { ...refused, reason: `given up after ${number} attempts` };
    };
    await withWorker(attempt, () => until(async () => expect(await found(dead)).toHaveLength(5)));
    const row = ({ callbacks, kind, fault, reason, attempts }: Kept) => [callbacks[0]?.id, kind, fault, reason, attempts];
    const seen = (await found(dead)).map(row);
    expect(seen).toEqual(
      expect.arrayContaining([
        ['theirs', 'delivery', 'theirs', 'HTTP 410', 1],
        ['ours', 'delivery', 'ours', 'RB_INTERNAL: bad template', 1],
        ['exhausted', 'delivery', 'theirs', 'given up after 3 attempts', 3],
        ['bug', 'delivery', 'ours', 'RB_INTERNAL: no such thing', 3],
        [undefined, 'unreadable', 'ours', 'RB_PAYLOAD_INVALID: not a payload of ours', 1],
      ]),
    );
  });

  it('are replayed with all their attempts anew, under the same id, and fail again for a new reason only', async () => {
    const { producer, withWorker, store } = setUp();
    await producer().addFailed({ ...once, callback: callback('x'), ...refused });
    const dead = await store();
    const numbers: number[] = [];
    const attempt: DeliveryHandlers['single'] = async ({ spent: before, attempts }) => {
      numbers.push(before.attempts + 1);
      return before.attempts + 1 < attempts ? failedOnce : { ...refused, reason: 'HTTP 500' };
    };
    await withWorker(attempt, async () => {
      await until(async () => expect(await found(dead)).toHaveLength(1));
      const [kept] = await found(dead);
      expect(numbers).toEqual([]);
      expect(kept && (await dead.replay(kept))).toBeUndefined();
      await until(async () => expect(await found(dead)).toMatchObject([{ id: kept?.id, reason: 'HTTP 500', attempts: 3 }]));
    });
    expect(numbers).toEqual([1, 2, 3]);
  });

  it('are found by output, source, reason, time, id and requestID, over pages, in either order', async () => {
    const { producer, withWorker, store } = setUp();
    const crm = producer();
    const ids = Array.from({ length: 230 }, (_, index) => `r${index}`);
    for (const id of ids) await crm.addFailed({ ...once, callback: callback(id), ...refused, reason: `HTTP ${id}` });
    const dead = await store();
    await withWorker(
      async () => refused,
      () => until(async () => expect(await found(dead)).toHaveLength(230)),
    );
    const all = await found(dead);
    const newest: string[] = [];
    for await (const kept of dead.find({})) newest.push(kept.id);
    expect(newest).toEqual(all.map(({ id }) => id).toReversed());
    const middle = all[100]?.time ?? 0;
    const count = async (filter: KeptFilter) => (await found(dead, filter)).length;
    expect((await count({ since: middle })) + (await count({ until: middle - 1 }))).toBe(230);
    expect(await count({ until: all[0]?.time ?? 0 })).toBeLessThan(230);
    expect(await count({ reason: 'http R22' })).toBe(11);
    expect(await count({ id: 'r17' })).toBe(1);
    expect(await count({ id: all[3]?.id })).toBe(1);
    expect([await count({ output: 'crm' }), await count({ output: 'other' })]).toEqual([230, 0]);
    expect([await count({ source: 'callbot' }), await count({ source: 'other' })]).toEqual([230, 0]);
  });

  it('are purged for good; who comes too late is told', async () => {
    const { dead, kept } = await oneDead(setUp());
    expect([await dead.purge(kept), await dead.purge(kept), await dead.replay(kept)]).toEqual([
      undefined,
      'no longer there',
      'no longer there',
    ]);
    expect(await found(dead)).toEqual([]);
  });

  it('that were replayed meanwhile are not purged', async () => {
    const { dead, kept, queue } = await oneDead(setUp());
    await dead.replay(kept);
    expect(await dead.purge(kept)).toBe('no longer there');
    expect(await queue('output.crm').getWaitingCount()).toBe(1);
  });

  it('are also the deliveries, attempted or not, of an output that left the settings', async () => {
    const { access, producer, store } = setUp({ outputs: ['crm'] });
    expect(await noteOutputs(access, ['crm', 'old', 'idle'])).toEqual([]);
    await producer('old').addBatch({ id: 'b1', callbacks: [callback('x'), callback('y')], again: false });
    expect(await noteOutputs(access, ['crm'])).toEqual([{ output: 'old', waiting: 1, dead: 0 }]);
    const dead = await store();
    const [kept, ...others] = await found(dead);
    expect(others).toEqual([]);
    expect(kept).toMatchObject({ output: 'old', kind: 'batch', reason: expect.stringMatching(/^RB_OUTPUT_REMOVED: /) });
    if (!kept) throw new Error('it is there');
    expect(await dead.replay(kept)).toMatch(/^RB_OUTPUT_REMOVED: .*ringback outputs move old /);
    expect(await dead.purge(kept)).toBeUndefined();
    expect(await noteOutputs(access, ['crm'])).toEqual([]);
  });

  it('are also batches that could not be dispatched', async () => {
    const { access, queue, store } = setUp();
    const callbacks = queue('callbacks');
    await callbacks.add('batch', { v: 1, groups: groupCallbacks([callback('x')]) }, { jobId: 'b1' });
    const fail = async () => {
      throw new Error('no route out');
    };
    const worker = new Worker('callbacks', fail, { connection: access.redis, prefix: access.prefix });
    const dead = await store();
    await until(async () => expect(await found(dead)).toHaveLength(1));
    await worker.close();
    const [kept] = await found(dead, { id: 'x' });
    expect(kept).toMatchObject({ queue: 'callbacks', id: 'b1', kind: 'batch', fault: 'ours', reason: 'no route out' });
    expect(kept && (await dead.replay(kept))).toBeUndefined();
    expect(await callbacks.getWaitingCount()).toBe(1);
  });
});
