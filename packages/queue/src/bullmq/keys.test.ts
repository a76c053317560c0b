import { testRedis } from '@ringback/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { referenceJobKey } from '../deliveries/bodies/keys.ts';
import { jobKey } from './keys.ts';

it('names the hash of a job as BullMQ does', async () => {
  const { url, prefix } = testRedis();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  const queue = new Queue('output.crm', { connection: redis, prefix });
  onTestFinished(async () => {
    await queue.close();
    redis.disconnect();
  });
  const job = await queue.add('reference', { some: 'thing' }, { jobId: 'b1.ref.crm' });
  expect(jobKey(prefix, 'output.crm', 'b1.ref.crm')).toBe(referenceJobKey(prefix, 'b1', 'crm'));
  expect(await redis.hget(referenceJobKey(prefix, 'b1', 'crm'), 'data')).toBe('{"some":"thing"}');
  await job.remove();
  expect(await redis.exists(referenceJobKey(prefix, 'b1', 'crm'))).toBe(0);
});
