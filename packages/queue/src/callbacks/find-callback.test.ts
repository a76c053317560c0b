import { groupCallbacks } from '@ringback/contracts';
import { testCallback, testRedis } from '@ringback/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { findCallbacks } from './find-callback.ts';

it('callbacks that wait to be dispatched are found, by their batch or among so many', async () => {
  const { url, prefix } = testRedis();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  const queue = new Queue('callbacks', { connection: redis, prefix });
  onTestFinished(async () => {
    await queue.close();
    redis.disconnect();
  });
  for (const batch of ['b1', 'b2', 'b3']) {
    const groups = groupCallbacks([testCallback(`x-${batch}`), testCallback(`y-${batch}`)]);
    await queue.add('batch', { v: 1, groups }, { jobId: batch });
  }
  await queue.add('batch', { v: 9 }, { jobId: 'newer' });
  const find = (id: string, most: number, batch?: string) =>
    findCallbacks({ redis, prefix }, { fits: (callback) => callback.id === id, most, batch });
  const found = [{ at: 'waiting', batch: 'b2', callback: testCallback('y-b2') }];
  expect(await find('y-b2', 4)).toEqual({ found, all: true });
  expect(await find('y-b2', 1, 'b2')).toEqual({ found, all: true });
  expect(await find('y-b2', 9, 'b1')).toEqual({ found: [], all: true });
  expect(await find('y-b1', 2)).toEqual({ found: [], all: false });
  expect(await find('y-b9', 9, 'b9')).toEqual({ found: [], all: true });
});
