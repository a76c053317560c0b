import { type Callback, callbackKey } from '@ringback/contracts';
import { createLedger } from '@ringback/ledger';
import { createBodies, createDeliveryProducer, readBacklog } from '@ringback/queue';
import { testCallback, testRedis } from '@ringback/testkit';
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createFanOut, type FanOutTarget } from './fan-out.ts';
import { testShard } from '../shard/test-shard.ts';

const TOKEN = 'test';
const callbacks = (...ids: string[]) => ids.map((id) => testCallback(id));
const line = () => vi.fn<(...args: unknown[]) => void>();

/** The outputs `crm` and `ops` as the fan-out sees them, both moving. A test takes their jobs itself. */
function setUp() {
  const { url, prefix } = testRedis();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  onTestFinished(() => redis.disconnect());
  const access = { redis, prefix };
  const delivery = { retry: { attempts: 3, giveUpAfter: 60_000, minDelay: 5, maxDelay: 20 } };
  const flow = { flow: () => 'flowing' as const, holding: () => false, added() {}, wake() {}, close() {} };
  const shard = testShard(access);
  const lanes = new Map(
    ['crm', 'ops'].map((output): [string, FanOutTarget] => {
      const producer = createDeliveryProducer({ ...access, output, delivery, nearlyFull: () => false });
      onTestFinished(() => producer.close());
      return [output, { producer, flow, shard, alone: false, backlog: { most: () => undefined, over: 'hold' } }];
    }),
  );
  const bodies = createBodies(access);
  const logger = { debug: line(), info: line(), warn: line(), error: line() };
  const fanOut = createFanOut({ targets: lanes, logger });
  return {
    redis,
    prefix,
    access,
    bodies,
    ledger: createLedger({
      ...access,
      window: 6e4,
    }),
    run: (to: Record<string, readonly Callback[]>, again = false) =>
      fanOut(
        {
          id: 'b1',
          again,
        },
        new Map(Object.entries(to)),
      ),
  };
}

/**
 * Runs the batch, and takes each output's job up to the instant between its release of the bodies and its
 * end. Returns what ends the jobs.
 */
async function runUntilJobsEnd(world: ReturnType<typeof setUp>, to: Record<string, readonly Callback[]>) {
  const { redis, prefix, run, ledger, bodies } = world;
  await run(to);
  const taken = Object.entries(to).map(async ([output, those]) => {
    const worker = new Worker(`output.${output}`, null, { connection: redis, prefix, autorun: false });
    onTestFinished(() => worker.close());
    const job = await worker.getNextJob(TOKEN);
    const delivered = those.map((callback) => ({ batch: 'b1', key: callbackKey(callback), outcome: 'delivered' as const }));
    await ledger.record(output, delivered);
    await bodies.release('b1', output);
    return async () => void (await job?.moveToCompleted(undefined, TOKEN, false));
  });
  const ends = await Promise.all(taken);
  return async () => void (await Promise.all(ends.map((end) => end())));
}

const jobIds = async ({ redis, prefix }: ReturnType<typeof setUp>) =>
  (await redis.keys(`${prefix}:output.*:b1*`)).filter((key) => !key.endsWith(':lock')).map((key) => key.slice(prefix.length + 1));

describe('a batch that is run again while the jobs of its first run are about to end', () => {
  it('stores nothing that has an outcome', async () => {
    const world = setUp();
    const to = { crm: callbacks('x', 'y'), ops: callbacks('x', 'y') };
    const end = await runUntilJobsEnd(world, to);
    await world.run(to, true);
    await end();
    expect(await jobIds(world)).toEqual([]);
    expect(await world.redis.keys(`${world.prefix}:bodies:*`)).toEqual([]);
    expect([...(await readBacklog(world.access)).keys()]).toEqual([]);
  });

  it('keeps callbacks that only the new settings route to an output', async () => {
    const world = setUp();
    const end = await runUntilJobsEnd(world, { crm: callbacks('x'), ops: callbacks('x') });
    await world.run({ crm: callbacks('x', 'y'), ops: callbacks('x') }, true);
    await end();
    const [job = '', ...others] = await jobIds(world);
    expect(others).toEqual([]);
    expect(job).toMatch(/^output\.crm:b1\..+\.ref\.crm$/);
    const id = job.replace(/^output\.crm:/, '').replace(/\.ref\.crm$/, '');
    expect((await world.bodies.read(id, 'crm'))?.callbacks.map((callback) => callback.id)).toEqual(['x', 'y']);
    expect([...(await readBacklog(world.access)).keys()]).toEqual(['crm']);
  });
});
