import { testRedis } from '@ringback/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { readNotes, withNote } from './job-note.ts';

it('stands with a job, alone or added with others, and is read without its data', async () => {
  const { url, prefix } = testRedis();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  const queue = new Queue('q', { connection: redis, prefix });
  onTestFinished(async () => {
    await queue.close();
    redis.disconnect();
  });
  await queue.add('one', {}, withNote({ jobId: 'one' }, { size: 1 }));
  await queue.addBulk([
    { name: 'two', data: {}, opts: withNote({ jobId: 'two' }, { size: 2 }) },
    { name: 'three', data: {}, opts: { jobId: 'three' } },
  ]);
  await redis.hset(queue.toKey('damaged'), 'opts', '{');
  const ids = ['one', 'two', 'three', 'damaged', 'absent'];
  expect(await readNotes({ redis, queue }, ids)).toEqual([{ size: 1 }, { size: 2 }, undefined, undefined, undefined]);
});
