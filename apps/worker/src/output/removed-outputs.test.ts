import { createDeliveryProducer } from '@ringback/queue';
import { testCallback, testRedis } from '@ringback/testkit';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished, vi } from 'vitest';
import { reportRemovedOutputs } from './removed-outputs.ts';

const delivery = {
  timeout: 1000,
  concurrency: 4,
  retry: { attempts: 3, giveUpAfter: 86_400_000, minDelay: 10, maxDelay: 40 },
  breaker: { enabled: false, failures: 1, failingFor: 60_000, cooldown: 1, maxHold: 1 },
};

it('tells which outputs left the settings with deliveries, and fails for nothing', async () => {
  const { url, prefix } = testRedis();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  onTestFinished(() => redis.disconnect());
  const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const producer = createDeliveryProducer({ redis, prefix, output: 'old', delivery, nearlyFull: () => false });
  onTestFinished(() => producer.close());

  await reportRemovedOutputs({ redis, prefix, outputs: ['crm', 'old', 'idle'], logger });
  await producer.addBatch({ id: 'b1', callbacks: [testCallback('x')], again: false });
  await reportRemovedOutputs({ redis, prefix, outputs: ['crm', 'old'], logger });
  expect(logger.warn).not.toHaveBeenCalled();
  await reportRemovedOutputs({ redis, prefix, outputs: ['crm'], logger });
  const held = { code: 'RB_OUTPUT_REMOVED', output: 'old', waiting: 1, dead: 0 };
  expect(logger.warn.mock.calls).toEqual([
    [held, 'jobs of an output that is not in the settings; each holds one delivery or more'],
  ]);

  const closed = new Redis(url, { lazyConnect: true });
  closed.disconnect();
  await reportRemovedOutputs({ redis: closed, prefix, outputs: ['crm'], logger });
  expect(logger.error).toHaveBeenCalledOnce();
});
