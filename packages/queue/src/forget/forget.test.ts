import { type Callback, groupCallbacks, type QuarantinedCallback } from '@ringback/contracts';
import { testCallback, testRedis } from '@ringback/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { addFailedJob } from '../bullmq/fail-job.ts';
import { batchJobOptions } from '../bullmq/job-options.ts';
import { readBacklog } from '../deliveries/bodies/backlog.ts';
import { createBodies, type Share } from '../deliveries/bodies/bodies.ts';
import { createDeliveryProducer } from '../deliveries/producer.ts';
import { createQuarantine, createUnroutedQuarantine } from '../kept/quarantine.ts';
import { forgetInQueues } from './forget.ts';
import { everythingIn } from './test-stored.ts';

const delivery = { retry: { attempts: 3, giveUpAfter: 86_400_000, minDelay: 60_000, maxDelay: 60_000 } };
const THEIRS = 'Ada Forgotten';
const person = {
  opened: (entry: QuarantinedCallback) => entry,
  isIn: ({ body }: Callback) => body.includes(THEIRS),
  isNamed: (text: string) => text.includes(THEIRS),
};
const theirs = (id: string) => testCallback(`${id}-theirs`, { body: JSON.stringify({ name: THEIRS }) });
const other = (id: string) => testCallback(`${id}-other`, { body: '{"name":"someone else"}' });
const mixed = (id: string) => [other(`${id}1`), theirs(id), other(`${id}2`)];
const entry = (callback: Callback): QuarantinedCallback => ({
  v: 1,
  ...callback,
  body: Buffer.from(callback.body).toString('base64'),
  encoding: 'base64',
  code: 'RB_BODY_INVALID',
  reason: 'RB_BODY_INVALID: no',
});

async function setUp() {
  const { url, prefix } = testRedis();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  const access = { redis, prefix };
  const [callbacks, crm] = ['callbacks', 'output.crm'].map((name) => new Queue(name, { connection: redis, prefix }));
  if (!callbacks || !crm) throw new Error('there are two');
  const producer = createDeliveryProducer({ ...access, output: 'crm', delivery, nearlyFull: () => false });
  onTestFinished(async () => {
    await Promise.all([producer.close(), callbacks.close(), crm.close()]);
    redis.disconnect();
  });
  const bodies = createBodies(access);
  const store = (id: string, shares: readonly Omit<Share, 'beyond'>[]) =>
    bodies.store({ id, batch: id, again: false, compact: true, shares: shares.map((one) => ({ ...one, beyond: 'held' })) });
  const forget = (dryRun = false) => forgetInQueues({ ...access, person, dryRun });
  const encoded = Buffer.from(theirs('').body).toString('base64');
  const isNamed = ([, text]: readonly [string, string]) => text.includes(THEIRS) || text.includes(encoded);
  const named = async () => [...(await everythingIn(redis, prefix))].filter(isNamed);
  return { redis, access, callbacks, crm, producer, bodies, store, forget, named };
}

type World = Awaited<ReturnType<typeof setUp>>;

/** The person in every place of Redis, mostly between two others of a batch. */
async function fill({ redis, access, callbacks, crm, producer, store }: World): Promise<void> {
  await callbacks.add('batch', { v: 1, groups: groupCallbacks(mixed('queued')) }, batchJobOptions('b1'));
  await callbacks.add('batch', { v: 1, groups: groupCallbacks([theirs('alone')]) }, batchJobOptions('b2'));
  await producer.addBatch({ id: 'b3', callbacks: mixed('inline'), again: false });
  for (const [index, callback] of [theirs('retry'), other('retry')].entries()) {
    const failed = { batch: `b4${index}`, callback, spent: { attempts: 1, uncounted: 0 } };
    await producer.addFailed({ ...failed, outcome: 'retry', waitMs: 3_600_000 });
  }
  const answered = { batch: 'b5', callback: other('answered'), spent: { attempts: 3, uncounted: 0 }, reason: 'HTTP 400' };
  await producer.addFailed({ ...answered, outcome: 'dead', fault: 'theirs', answer: `no such customer: ${THEIRS}` });
  const dead = { v: 1, kind: 'batch', batch: 'b6', groups: groupCallbacks(mixed('dead')) };
  await addFailedJob({
    queue: crm,
    redis,
    job: { name: 'batch', data: dead, opts: batchJobOptions('b6.crm') },
    reason: 'no',
    now: 1,
  });
  const shared = mixed('shared');
  await store('b7', [
    { output: 'crm', callbacks: shared, state: 'queued' },
    { output: 'ops', callbacks: shared.slice(1), state: 'held' },
    { output: 'chat', callbacks: shared.slice(1, 2), state: 'held' },
    { output: 'log', callbacks: shared.slice(0, 1), state: 'held' },
  ]);
  await producer.addReferences(['b7']);
  const bounds = { maxCount: 10, maxSize: 1_000_000 };
  await createQuarantine({ ...access, bounds }).keep([entry(theirs('bad')), entry(other('bad'))]);
  await createUnroutedQuarantine({ ...access, bounds }).keep([entry(theirs('lost')), entry(other('lost'))]);
}

const FOUND = [
  { place: 'callbacks', output: undefined, removed: 2, underWay: 0, unreadable: 0 },
  { place: 'dead letters', output: 'crm', removed: 1, underWay: 0, unreadable: 0 },
  { place: 'deliveries', output: 'chat', removed: 1, underWay: 0, unreadable: 0 },
  { place: 'deliveries', output: 'crm', removed: 4, underWay: 0, unreadable: 0 },
  { place: 'deliveries', output: 'ops', removed: 1, underWay: 0, unreadable: 0 },
  { place: 'quarantine', output: undefined, removed: 1, underWay: 0, unreadable: 0 },
  { place: 'unrouted', output: undefined, removed: 1, underWay: 0, unreadable: 0 },
];
const sorted = ({ places }: Awaited<ReturnType<typeof forgetInQueues>>) =>
  places.toSorted((a, b) => (`${a.place} ${a.output}` < `${b.place} ${b.output}` ? -1 : 1));

it('takes a person out of every place, and leaves the others of the same batches where they are', async () => {
  const world = await setUp();
  const { crm, callbacks, bodies, forget, named, access } = world;
  await fill(world);
  const before = await named();
  expect(before).toHaveLength(9);
  expect(sorted(await forget(true))).toEqual(FOUND);
  expect(await named()).toEqual(before);

  expect(sorted(await forget())).toEqual(FOUND);
  expect(await named()).toEqual([]);
  expect((await forget()).places).toEqual([]);

  const ids = (list: readonly { id: string }[] = []) => list.map(({ id }) => id);
  const groups = (data: { groups: { callbacks: { id: string }[] }[] }) => data.groups.flatMap((group) => ids(group.callbacks));
  expect(groups((await callbacks.getJob('b1'))?.data)).toEqual(['queued1-other', 'queued2-other']);
  expect(groups((await crm.getJob('b3.crm'))?.data)).toEqual(['inline1-other', 'inline2-other']);
  expect(groups((await crm.getJob('b6.crm'))?.data)).toEqual(['dead1-other', 'dead2-other']);
  expect(await crm.getJobCounts('waiting', 'delayed', 'failed')).toEqual({ waiting: 2, delayed: 1, failed: 1 });
  expect(ids((await bodies.read('b7', 'crm'))?.callbacks)).toEqual(['shared1-other', 'shared2-other']);
  expect(ids((await bodies.read('b7', 'ops'))?.callbacks)).toEqual(['shared2-other']);
  expect(ids((await bodies.read('b7', 'log'))?.callbacks)).toEqual(['shared1-other']);
  expect(await bodies.read('b7', 'chat')).toBeUndefined();
  expect(await bodies.held('chat')).toEqual([]);
  const backlog = await readBacklog(access);
  expect([...backlog].map(([output, { deliveries, held }]) => `${output} ${deliveries} ${held}`).toSorted()).toEqual([
    'crm 2 0',
    'log 1 1',
    'ops 1 1',
  ]);
  for (const output of ['crm', 'ops', 'log']) await bodies.release('b7', output);
  expect([...(await readBacklog(access))]).toEqual([]);
});

it('says what a worker has under way, and leaves it', async () => {
  const world = await setUp();
  const { redis, access, forget, named } = world;
  await fill(world);
  for (const job of ['callbacks:b1', 'callbacks:b2', 'output.crm:b3.crm', 'output.crm:b7.ref.crm'])
    await redis.set(`${access.prefix}:${job}:lock`, 'a worker');
  const left = sorted(await forget()).filter(({ underWay }) => underWay > 0);
  expect(left.map(({ place, output = '', underWay }) => `${place} ${output} ${underWay}`)).toEqual([
    'callbacks  2',
    'deliveries chat 1',
    'deliveries crm 2',
    'deliveries ops 1',
  ]);
  expect((await named()).map(([key]) => key.slice(access.prefix.length + 1)).toSorted()).toEqual([
    'bodies:b7',
    'callbacks:b1',
    'callbacks:b2',
    'output.crm:b3.crm',
  ]);
});

it('names what it cannot read, and leaves it', async () => {
  const { redis, access, crm, forget } = await setUp();
  await crm.add('x', { v: 9, kind: 'newer', text: THEIRS }, { jobId: 'newer' });
  await redis.hset(`${access.prefix}:bodies:damaged`, 'bodies', 'zzz', '@crm', '{}');
  expect(sorted(await forget())).toEqual([
    { place: 'deliveries', output: 'crm', removed: 0, underWay: 0, unreadable: 1 },
    { place: 'deliveries', output: undefined, removed: 0, underWay: 0, unreadable: 1 },
  ]);
  expect(await crm.getJob('newer')).toBeDefined();
});
