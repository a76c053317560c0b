import { testCallback, testRedis } from '@ringback/testkit';
import { Queue, UnrecoverableError, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished, vi } from 'vitest';
import { consumeDeliveries, type DeliveryHandlers } from '../deliveries/consumer.ts';
import { moveDeliveries } from '../deliveries/move.ts';
import { createDeliveryProducer } from '../deliveries/producer.ts';
import { openDeadLetters } from './dead-letters.ts';

const DEADLINE = { timeout: 20_000, interval: 20 };
const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
const delivery = { retry: { attempts: 3, giveUpAfter: 86_400_000, minDelay: 1, maxDelay: 1 } };
const spent = { attempts: 1, uncounted: 0 };
/** Each reason says the contrary of its fault. */
const THEIRS = { outcome: 'dead', reason: 'RB_X: the answer of a Ringback', fault: 'theirs', spent } as const;
const OURS = { outcome: 'dead', reason: 'bad template', fault: 'ours', spent } as const;

type Failing = { output?: string; single?: DeliveryHandlers['single'] };

function setUp() {
  const { url, prefix } = testRedis();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  const queue = new Queue('output.crm', { connection: redis, prefix });
  const producer = createDeliveryProducer({ redis, prefix, output: 'crm', delivery, nearlyFull: () => false });
  onTestFinished(async () => {
    await Promise.all([queue.close(), producer.close()]);
    redis.disconnect();
  });

  /** Runs a worker of the output, whose single deliveries are settled so, until this many have failed. */
  async function failAll(count: number, { output = 'crm', single = async () => OURS }: Failing = {}) {
    const handlers: DeliveryHandlers = {
      batch: async () => {},
      single: async (taken) => (taken.refused ? { outcome: 'dead', ...taken.refused, spent: taken.spent } : single(taken)),
    };
    const settings = { redis, prefix, concurrency: 2, lockDuration: 2000, output, delivery };
    const consumer = consumeDeliveries({ ...settings, handlers, logger });
    const failed = new Queue(`output.${output}`, { connection: redis, prefix });
    await vi.waitFor(async () => expect(await failed.getFailedCount()).toBe(count), DEADLINE);
    await Promise.all([consumer.close(5000), failed.close()]);
  }
  /** `<request id> <fault>` of each dead letter. */
  async function faults(output = 'crm') {
    const store = await openDeadLetters({ redis, prefix, outputs: [output], served: async () => true });
    const seen: string[] = [];
    for await (const { callbacks, fault } of store.find({ output })) seen.push(`${callbacks[0]?.id} ${fault}`);
    await store.close();
    return seen.toSorted();
  }
  /** What the destination answered, by request id. */
  async function answers(output: string) {
    const moved = new Queue(`output.${output}`, { connection: redis, prefix });
    const jobs = await moved.getFailed();
    await moved.close();
    return jobs.toSorted((a, b) => (a.data.callback.id < b.data.callback.id ? -1 : 1)).map(({ data }) => data.answer);
  }
  return { redis, prefix, queue, producer, failAll, faults, answers };
}

it('is what was stored when the dead letter was made, whatever its reason says', async () => {
  const { producer, failAll, faults } = setUp();
  await producer.addFailed({ batch: 'b1', callback: testCallback('first theirs'), ...THEIRS });
  await producer.addFailed({ batch: 'b1', callback: testCallback('first ours'), ...OURS });
  await producer.addAlone(
    'b1',
    ['later theirs', 'later ours'].map((id) => testCallback(id)),
  );
  await failAll(4, { single: async ({ callback }) => (callback.id === 'later ours' ? OURS : THEIRS) });
  expect(await faults()).toEqual(['first ours ours', 'first theirs theirs', 'later ours ours', 'later theirs theirs']);
});

it('is read out of the reason of one that an earlier version made', async () => {
  const { queue, failAll, faults } = setUp();
  for (const [id, refused] of [
    ['theirs', 'HTTP 410'],
    ['ours', 'RB_INTERNAL: bad template'],
  ]) {
    const data = { v: 1, kind: 'single', batch: 'b1', callback: testCallback(id ?? ''), priorAttempts: 1, refused };
    await queue.add('single', data, { jobId: `b1.${id}.crm`, attempts: 3 });
  }
  await failAll(2);
  expect(await faults()).toEqual(['ours ours', 'theirs theirs']);
});

it('is read out of the reason where a worker of an earlier version failed a job of ours', async () => {
  const { redis, prefix, queue, faults } = setUp();
  const limited = { ...delivery, rateLimit: { max: 100, per: 1000 } };
  const producer = createDeliveryProducer({ redis, prefix, output: 'crm', delivery: limited, nearlyFull: () => false });
  await producer.addBatch({ id: 'b1', callbacks: [testCallback('limited')], again: false });
  await producer.addAlone('b1', [testCallback('alone')]);
  const movable = createDeliveryProducer({ redis, prefix, output: 'old', delivery: limited, nearlyFull: () => false });
  await movable.addBatch({ id: 'b2', callbacks: [testCallback('moved')], again: false });
  const outcomes = async (_: unknown, keys: readonly string[]) => keys.map(() => undefined);
  const to = { name: 'crm', delivery };
  await moveDeliveries({ redis, prefix, from: 'old', to, outcomes, nearlyFull: () => false });
  // It writes no `fault`.
  const earlier = new Worker('output.crm', async () => Promise.reject(new UnrecoverableError('HTTP 404')), {
    connection: redis,
    prefix,
  });
  onTestFinished(async () => void (await Promise.all([earlier.close(), producer.close(), movable.close()])));
  await vi.waitFor(async () => expect(await queue.getFailedCount()).toBe(3), DEADLINE);
  expect(await faults()).toEqual(['alone theirs', 'limited theirs', 'moved theirs']);
});

it('goes along, with reason and answer as they stand, when a dead letter is moved to another output', async () => {
  const { redis, prefix, producer, failAll, faults, answers } = setUp();
  await producer.addFailed({ batch: 'b1', callback: testCallback('x'), ...THEIRS, answer: 'gone' });
  await producer.addFailed({ batch: 'b1', callback: testCallback('y'), ...OURS });
  await failAll(2);
  const outcomes = async (_: unknown, keys: readonly string[]) => keys.map(() => undefined);
  const to = { name: 'ops', delivery };
  await moveDeliveries({ redis, prefix, from: 'crm', to, outcomes, nearlyFull: () => false });
  await failAll(2, { output: 'ops' });
  expect(await faults('ops')).toEqual(['x theirs', 'y ours']);
  expect(await answers('ops')).toEqual(['gone', undefined]);
});

it('is gone with a replay', async () => {
  const { redis, prefix, queue, producer, failAll } = setUp();
  await producer.addFailed({ batch: 'b1', callback: testCallback('x'), ...THEIRS });
  await failAll(1);
  const store = await openDeadLetters({ redis, prefix, outputs: ['crm'], served: async () => true });
  onTestFinished(() => store.close());
  for await (const kept of store.find({})) expect(await store.replay(kept)).toBeUndefined();
  const [job] = await queue.getWaiting();
  // As of a delivery that was never attempted.
  expect(Object.keys(job?.data).toSorted()).toEqual(['batch', 'callback', 'kind', 'priorAttempts', 'v']);
});
