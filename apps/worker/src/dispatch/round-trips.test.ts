import { type Callback, type Delivery, type DeliverySettings, groupCallbacks } from '@ringback/contracts';
import { createLedger } from '@ringback/ledger';
import { consumeCallbacks, createQuarantine, createRouteCounts, createUnroutedQuarantine } from '@ringback/queue';
import { createRouter } from '@ringback/routing';
import { startRedisServer, watchCommands } from '@ringback/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createDispatch } from './dispatch.ts';
import { createFanOut } from './fan-out.ts';
import { openOutput } from '../output/output.ts';
import { openLane } from '../output/output-lane.ts';
import { testShard } from '../shard/test-shard.ts';

const BATCH = 64;
const PREFIX = 'test';
const DELIVERY: DeliverySettings = {
  backlog: { over: 'hold' },
  timeout: 1000,
  concurrency: BATCH,
  retry: { attempts: 3, giveUpAfter: 86_400_000, minDelay: 10, maxDelay: 40 },
  breaker: { enabled: true, failures: 10, failingFor: 60_000, cooldown: 1000, maxHold: 1000 },
};

const callback = (id: string): Callback => ({ id, source: 's', account: 'a', type: 't', time: 1, receivedAt: 2, body: '{}' });
const batch = (name: string) => Array.from({ length: BATCH }, (_, index) => callback(`${name}${index}`));

/** A worker of one output, as `main.ts` composes it, and a way to hand it batches. */
async function setUp() {
  const { url } = await startRedisServer();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const access = { redis, prefix: PREFIX, lockDuration: 30_000 };
  const ledger = createLedger({ redis, prefix: PREFIX, window: 60_000 });
  const deliver = vi.fn<(delivery: Delivery) => Promise<{ outcome: 'delivered' }>>(async () => ({ outcome: 'delivered' }));
  const common = { access, ledger, shard: testShard(access), stopping: new AbortController().signal, now: Date.now, logger };
  const settings = { name: 'crm', type: 'test', settings: {}, delivery: DELIVERY };
  const lane = openLane({ ...common, output: openOutput({ ...common, settings, output: { name: 'crm', deliver } }) });
  const dispatch = createDispatch({
    nearlyFull: () => false,
    ledger,
    claims: ledger,
    router: createRouter({ routes: [{ to: ['crm'] }] }),
    fanOut: createFanOut({
      targets: new Map([['crm', lane]]),
      logger,
    }),
    quarantine: createQuarantine({ redis, prefix: PREFIX, bounds: { maxCount: 10, maxSize: 1000 } }),
    unroutedQuarantine: createUnroutedQuarantine({ redis, prefix: PREFIX, bounds: { maxCount: 10, maxSize: 1000 } }),
    counts: createRouteCounts({ redis, prefix: PREFIX }),
    businessKeyOf: () => undefined,
    now: Date.now,
    logger,
  });
  const callbacks = consumeCallbacks({ ...access, concurrency: 4, dispatch, logger });
  const queues = ['callbacks', 'output.crm'].map((name) => new Queue(name, { connection: redis, prefix: PREFIX }));
  onTestFinished(async () => {
    await Promise.all([callbacks, lane].map((running) => running.close(5000)));
    await Promise.all(queues.map((queue) => queue.close()));
    redis.disconnect();
  });

  async function work(name: string): Promise<void> {
    deliver.mockClear();
    await queues[0]?.add('batch', { v: 1, groups: groupCallbacks(batch(name)) }, { jobId: name, removeOnComplete: true });
    await vi.waitFor(async () => {
      expect(deliver).toHaveBeenCalledTimes(BATCH);
      for (const queue of queues) {
        expect(await queue.getJobCounts('active', 'waiting')).toEqual({ active: 0, waiting: 0 });
      }
    }, 60_000);
  }
  return { url, work };
}

it('goes to the ledger once per batch for the claims, and at most twice to write the outcomes', async () => {
  const { url, work } = await setUp();
  // The first time, Redis does not know the scripts yet.
  await work('first');
  const commands = await watchCommands(url);
  await work('second');

  const isLedger = (arg: string) => arg.startsWith(`${PREFIX}:ledger:`);
  const trips = (await commands.take()).filter((command) => command.some(isLedger));
  const [claim, ...records] = trips.map((command) => command.filter(isLedger));
  expect(claim).toHaveLength(BATCH);
  expect(records.length).toBeGreaterThan(0);
  expect(records.length).toBeLessThanOrEqual(2);
  for (const keys of records) expect(keys).toEqual([`${PREFIX}:ledger:second.crm`]);
  const outcomes = trips.slice(1).flatMap((command) => command.filter((arg) => arg === 'delivered'));
  expect(outcomes).toHaveLength(BATCH);
});
