import { type Callback, groupCallbacks, type QuarantinedCallback } from '@ringback/contracts';
import { testCallback, testRedis } from '@ringback/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { addFailedJob } from '../bullmq/fail-job.ts';
import { batchJobOptions } from '../bullmq/job-options.ts';
import { CALLBACKS, outputQueueName, QUARANTINE, UNROUTED } from '../bullmq/names.ts';
import { createBodies } from '../deliveries/bodies/bodies.ts';
import { createDeliveryProducer } from '../deliveries/producer.ts';
import { type StandingBodies, standingBodies } from './standing-bodies.ts';

const delivery = { retry: { attempts: 3, giveUpAfter: 86_400_000, minDelay: 60_000, maxDelay: 60_000 } };

async function setUp() {
  const { url, prefix } = testRedis();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  const access = { redis, prefix };
  const queues = new Map([CALLBACKS, QUARANTINE, UNROUTED].map((name) => [name, new Queue(name, { connection: redis, prefix })]));
  const producer = createDeliveryProducer({ ...access, output: 'crm', delivery, nearlyFull: () => false });
  onTestFinished(async () => {
    await Promise.all([producer.close(), ...[...queues.values()].map((queue) => queue.close())]);
    redis.disconnect();
  });
  const crm = new Queue(outputQueueName('crm'), { connection: redis, prefix });
  onTestFinished(() => crm.close());
  const add = async (queue: string, id: string, data: unknown) => {
    await queues.get(queue)?.add('x', data, batchJobOptions(id));
  };
  const standing = async () => {
    const found: StandingBodies[] = [];
    for await (const portion of standingBodies(access)) found.push(...portion);
    return found;
  };
  return { redis, prefix, crm, producer, bodies: createBodies(access), add, standing };
}

const entry = (callback: Callback): QuarantinedCallback => ({ v: 1, ...callback, encoding: 'utf8', reason: 'RB_X: no' });
const placesOf = (found: readonly StandingBodies[]) =>
  found.map(({ place, outputs }) => [place, ...outputs].join(' ')).toSorted();

/** Something in every place. */
async function fill({ add, producer, bodies, redis, prefix, crm }: Awaited<ReturnType<typeof setUp>>): Promise<void> {
  const one = (id: string) => [testCallback(id)];
  await add(CALLBACKS, 'b1', { v: 1, groups: groupCallbacks(one('queued')) });
  await producer.addBatch({ id: 'b2', callbacks: one('inline'), again: false });
  const failed = { callback: testCallback('failed'), spent: { attempts: 1, uncounted: 0 } };
  await producer.addFailed({ ...failed, batch: 'b3', outcome: 'retry', waitMs: 3_600_000 });
  const dead = { v: 1, kind: 'batch', batch: 'b4', groups: groupCallbacks(one('dead')) };
  await addFailedJob({
    queue: crm,
    redis,
    job: { name: 'batch', data: dead, opts: batchJobOptions('b4.crm') },
    reason: 'no',
    now: 1,
  });
  const held = (output: string) => ({ output, callbacks: one('held'), state: 'held', beyond: 'held' }) as const;
  const common = { again: false, compact: true };
  await bodies.store({ ...common, id: 'b5', batch: 'b5', shares: [held('crm'), held('chat')] });
  await bodies.store({ ...common, id: 'b6', batch: 'b6', shares: [held('log')] });
  await bodies.fed('b6', 'log', 'dead');
  await producer.addReferences(['b5']);
  await add(QUARANTINE, 'q1', entry(testCallback('bad')));
  await add(UNROUTED, 'u1', entry(testCallback('lost')));
  await add(CALLBACKS, 'newer', { v: 9 });
  await redis.hset(`${prefix}:bodies:damaged`, 'bodies', 'zzz', '@crm', '{}');
}

it('finds what has bodies in every place, once', async () => {
  const world = await setUp();
  await fill(world);
  const found = await world.standing();
  expect(placesOf(found)).toEqual([
    'callbacks',
    'callbacks',
    'dead letters crm',
    'dead letters log',
    'deliveries',
    'deliveries chat crm',
    'deliveries crm',
    'quarantine',
    'retries crm',
    'unrouted',
  ]);
  expect(placesOf(found.filter(({ payload }) => payload === undefined))).toEqual(['callbacks', 'deliveries']);
});

it('replaces what is as it was read, and neither what changed or went, nor what a worker has', async () => {
  const world = await setUp();
  const { redis, prefix, bodies, standing } = world;
  await fill(world);
  const change = (payload: unknown): unknown =>
    JSON.parse(JSON.stringify(payload).replaceAll('taskStatus\\":3', 'taskStatus\\":4'));
  const readable = async () => (await standing()).filter(({ payload }) => payload !== undefined);
  const [before, stale] = [await readable(), await readable()];
  await redis.set(`${prefix}:${outputQueueName('crm')}:b2.crm:lock`, 'a worker');
  await redis.set(`${prefix}:${outputQueueName('log')}:b6.ref.log:lock`, 'a worker');
  await redis.del(`${prefix}:${QUARANTINE}:q1`);
  const answers = await Promise.all(
    before.map(async ({ place, outputs, payload, replace }) => [[place, ...outputs].join(' '), await replace(change(payload))]),
  );
  expect(Object.fromEntries(answers)).toEqual({
    callbacks: 'rewritten',
    'dead letters crm': 'rewritten',
    'dead letters log': 'under way',
    'deliveries chat crm': 'rewritten',
    'deliveries crm': 'under way',
    quarantine: 'gone',
    'retries crm': 'rewritten',
    unrouted: 'rewritten',
  });
  const again = await Promise.all(stale.map(({ payload, replace }) => replace(change(payload))));
  expect(again.toSorted()).toEqual([...Array.from({ length: 5 }, () => 'changed'), 'gone', 'under way', 'under way']);
  const after = JSON.stringify((await readable()).map(({ payload }) => payload));
  const times = (status: number) => after.split(`taskStatus\\":${status}`).length - 1;
  // The shared bodies hold two.
  expect([times(4), times(3)]).toEqual([6, 2]);
  for (const output of ['crm', 'chat'])
    expect((await bodies.read('b5', output))?.callbacks).toMatchObject([{ id: 'held', body: '{"taskStatus":4}' }]);
});
