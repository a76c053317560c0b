import { testCallback, testRedis } from '@ringback/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { moveDeliveries } from './move.ts';
import { createDeliveryProducer } from './producer.ts';

const delivery = { retry: { attempts: 3, giveUpAfter: 86_400_000, minDelay: 60_000, maxDelay: 60_000 } };

it('keeps the past of a dead letter, and lets what is to be tried again begin anew', async () => {
  const { url, prefix } = testRedis();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  onTestFinished(() => redis.disconnect());
  const old = createDeliveryProducer({ redis, prefix, output: 'old', delivery, nearlyFull: () => false });
  onTestFinished(() => old.close());
  const [a, b] = [testCallback('a'), testCallback('b')];
  const spent = { attempts: 3, uncounted: 2, failingSince: 1_700_000_000_000 };
  const answer = 'no such order';
  await old.addFailed({ batch: 'b1', callback: a, spent, outcome: 'dead', reason: 'HTTP 404', fault: 'theirs', answer });
  await old.addFailed({ batch: 'b2', callback: b, spent, outcome: 'retry', fault: 'theirs', waitMs: 60_000 });

  const outcomes = async (_: unknown, keys: readonly string[]) => keys.map(() => undefined);
  const to = { name: 'crm', delivery };
  const moved = await moveDeliveries({ redis, prefix, from: 'old', to, outcomes, nearlyFull: () => false });
  expect(moved).toEqual({ moved: 2, ended: 0, left: 0 });

  const queue = new Queue('output.crm', { connection: redis, prefix });
  onTestFinished(() => queue.close());
  const jobs = await queue.getJobs(['waiting', 'delayed']);
  const payloads = jobs.map(({ data }): unknown => data);
  const { attempts: priorAttempts, uncounted, failingSince } = spent;
  const past = { priorAttempts, uncounted, failingSince, refused: 'HTTP 404', fault: 'theirs', answer };
  expect(payloads).toHaveLength(2);
  expect(payloads).toContainEqual({ v: 1, kind: 'single', batch: 'b1', callback: a, ...past });
  expect(payloads).toContainEqual({ v: 1, kind: 'single', batch: 'b2', callback: b, priorAttempts: 0 });
});
