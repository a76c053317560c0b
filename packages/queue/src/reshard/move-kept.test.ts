import { callbackKey, groupCallbacks, shardOf } from '@ringback/contracts';
import { Queue } from 'bullmq';
import { expect, it } from 'vitest';
import { addFailedJob } from '../bullmq/fail-job.ts';
import { batchJobOptions } from '../bullmq/job-options.ts';
import { createQuarantine } from '../kept/quarantine.ts';
import { moveShards } from './move-shards.ts';
import { byText, claim, claimsIn, many, OUTPUTS, setUpShards } from './test-shards.ts';

const bounds = { maxCount: 1000, maxSize: 1024 * 1024 };

it('keeps dead batches dead, and lets go of their claims of callbacks that they will pass on', async () => {
  const installed = setUpShards();
  const { place, plan, redis } = installed;
  const callbacks = many('dead', 40).filter((callback) => shardOf(callbackKey(callback), 4) === 3);
  const queue = new Queue('callbacks', { connection: redis, prefix: place(3).prefix });
  const data = { v: 1, groups: groupCallbacks(callbacks) };
  await addFailedJob({
    queue,
    redis,
    job: { name: 'batch', data, opts: batchJobOptions('deadBatch') },
    reason: 'RB_X: no',
    now: 5000,
  });
  const business = callbackKey({ source: 'business:callbot', account: 'a', id: 'order 1' });
  await claim(installed, [...callbacks.map(callbackKey), business], 4, 'deadBatch');
  await moveShards({ plan: plan(4, 3), outputs: OUTPUTS, say: () => {} });

  const there = new Queue('callbacks', { connection: redis, prefix: place(0).prefix });
  expect(await there.getFailed()).toMatchObject([{ id: 'deadBatch', failedReason: 'RB_X: no', finishedOn: 5000 }]);
  const staying = callbacks.map(callbackKey).filter((key) => shardOf(key, 3) === 0);
  expect(staying.length).toBeGreaterThan(0);
  const claims = await Promise.all([0, 1, 2, 3].map((number) => claimsIn(installed, place(number))));
  expect(claims.flat().toSorted()).toEqual(staying.toSorted());
  await expect(queue.add('batch', data, batchJobOptions('late'))).rejects.toThrow('not an integer');
  await Promise.all([queue.close(), there.close()]);

  // And back.
  await moveShards({ plan: plan(3, 4), outputs: OUTPUTS, say: () => {} });
  const again = new Queue('callbacks', { connection: redis, prefix: place(3).prefix });
  await again.add('batch', data, batchJobOptions('late'));
  await again.close();
});

it('moves what is quarantined to the shards of its callbacks, once', async () => {
  const installed = setUpShards();
  const { place, plan, shards } = installed;
  const entry = (id: string) => ({
    v: 1 as const,
    id,
    source: 'callbot',
    account: 'a',
    time: 1,
    receivedAt: 1,
    body: `{"of":"${id}"}`,
    encoding: 'utf8' as const,
    reason: 'RB_BODY_INVALID: no',
  });
  const ids = Array.from({ length: 30 }, (_, index) => `q${index}`);
  const keyOf = (id: string) => callbackKey({ source: 'callbot', account: 'a', id });
  for (const id of ids) await createQuarantine({ ...place(shardOf(keyOf(id), 4)), bounds }).keep([entry(id)]);
  // It came again after a change.
  await createQuarantine({ ...place(shardOf(keyOf('q1'), 2)), bounds }).keep([entry('q1')]);
  await createQuarantine({ ...place(3), bounds }).keep([entry('')]);
  await moveShards({ plan: plan(4, 2), outputs: OUTPUTS, say: () => {} });
  const found = await Promise.all(
    shards.slice(0, 2).map(async ({ redis, prefix, number }) => {
      const queue = new Queue('quarantine', { connection: redis, prefix });
      const jobs = await queue.getWaiting();
      await queue.close();
      return jobs.map(({ data }) => [data.id, number]);
    }),
  );
  const wanted = [...ids.map((id) => [id, shardOf(keyOf(id), 2)]), ['', 0]];
  expect(found.flat().toSorted(byText)).toEqual(wanted.toSorted(byText));
});
