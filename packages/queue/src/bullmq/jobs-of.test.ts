import { testRedis } from '@ringback/testkit';
import { type Job, Queue, UnrecoverableError, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { jobsOf } from './jobs-of.ts';

const COUNT = 2000;
/** In the order of their numbers, also where two failed within a millisecond. */
const idOf = (number: number) => `j${String(number).padStart(5, '0')}`;

/** A queue with so many jobs that wait, or all of them failed; the oldest is number 0. */
async function fill(state: 'waiting' | 'failed'): Promise<Queue> {
  const { url, prefix } = testRedis();
  const connection = new Redis(url, { maxRetriesPerRequest: null });
  const queue = new Queue('kept', { connection, prefix });
  onTestFinished(async () => {
    await queue.close();
    connection.disconnect();
  });
  await add(queue, 0, COUNT);
  if (state === 'waiting') return queue;
  const fail = async () => {
    throw new UnrecoverableError('no');
  };
  const worker = new Worker('kept', fail, { connection, prefix });
  await vi.waitFor(async () => expect(await queue.getFailedCount()).toBe(COUNT), { timeout: 20_000, interval: 20 });
  await worker.close();
  return queue;
}

const add = (queue: Queue, from: number, count: number) =>
  queue.addBulk(Array.from({ length: count }, (_, index) => ({ name: 'x', data: {}, opts: { jobId: idOf(from + index) } })));

async function idsWhile(queue: Queue, state: 'waiting' | 'failed', change: (met: number) => Promise<void>): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of jobsOf({ queue, state })) {
    ids.push(id ?? '');
    await change(ids.length);
  }
  return ids;
}

describe.each(['waiting', 'failed'] as const)('the jobs of a queue that are %s', { timeout: 60_000 }, (state) => {
  it('are met newest first, each once, while nothing changes', async () => {
    const queue = await fill(state);
    const expected = Array.from({ length: COUNT }, (_, index) => idOf(COUNT - 1 - index));
    expect(await idsWhile(queue, state, async () => {})).toEqual(expected);
  });

  it('are all met that stay, while others go from every part of it and new ones come', async () => {
    const queue = await fill(state);
    const gone = new Set<string>();
    const remove = async (number: number) => {
      const job: Job | undefined = await queue.getJob(idOf(number));
      if (!job) return;
      gone.add(idOf(number));
      await job.remove();
    };
    const ids = await idsWhile(queue, state, async (met) => {
      if (met % 5 !== 0) return;
      // From the newest, from the oldest, and from the middle on.
      await Promise.all([COUNT - met, met, COUNT / 2 + met].map(remove));
      if (state === 'waiting' && met % 25 === 0) await add(queue, COUNT + met, 1);
    });
    const stayed = Array.from({ length: COUNT }, (_, index) => idOf(index)).filter((id) => !gone.has(id));
    expect(gone.size).toBeGreaterThan(COUNT / 10);
    expect(stayed.filter((id) => !ids.includes(id))).toEqual([]);
  });
});
