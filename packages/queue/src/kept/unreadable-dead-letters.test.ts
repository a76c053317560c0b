import { testRedis } from '@ringback/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { addFailedJob } from '../bullmq/fail-job.ts';
import { openDeadLetters } from './dead-letters.ts';
import type { Kept } from './kept.ts';

it.each([
  ...['{"n": 1', 'garbage', '\u0000', '"text"', 'null', '[]'].map((data) => ({ data })),
  ...['{"attempts": 5', 'garbage', 'null', '7'].map((opts) => ({ opts })),
  { progress: 'half' },
  { rjk: 'nightly' },
  { data: '{', opts: '{', progress: '{', rjk: 'a:b:c:d:e', delay: 'long', returnvalue: '{' },
])('a job that cannot be read is listed, shown as it is, and purged: %j', async (fields: Readonly<Record<string, string>>) => {
  const { url, prefix } = testRedis();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  const queue = new Queue('callbacks', { connection: redis, prefix });
  const dead = await openDeadLetters({ redis, prefix, outputs: [], served: async () => false });
  onTestFinished(async () => {
    await Promise.all([queue.close(), dead.close()]);
    redis.disconnect();
  });
  const job = { name: 'job', data: { n: 0 }, opts: { jobId: 'b1' } };
  await addFailedJob({ queue, redis, job, reason: 'RB_PAYLOAD_INVALID: not a payload of ours', now: Date.now() });
  // As if something else than Ringback had written to it.
  await redis.hset(queue.toKey('b1'), fields);
  const listed: Kept[] = [];
  for await (const kept of dead.find({})) listed.push(kept);
  // What is JSON and yet no payload of ours is shown as it is.
  const payload = fields['opts'] === undefined ? undefined : { unreadable: { opts: fields['opts'] } };
  const shown = { id: 'b1', kind: 'unreadable', time: expect.closeTo(Date.now(), -5), ...(payload && { payload }) };
  expect(listed).toMatchObject([shown]);
  for (const kept of listed) expect(await dead.purge(kept)).toBeUndefined();
  expect(await redis.exists(queue.toKey('b1'))).toBe(0);
});
