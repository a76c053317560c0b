import { startCluster } from '@ringback/testkit';
import { expect, it, vi } from 'vitest';
import { allShards, callbacksOf, createWorld, SOON } from './worker-shards-world.ts';

it('delivers what all shards hold, each callback once, with rate limits over all shards and all workers', async () => {
  const set = await startCluster({ replicas: false });
  const outputs = { crm: 'concurrency: 8', slow: 'rateLimit: { max: 20, per: 1s }' };
  const world = await createWorld({ set, prefix: 'all', outputs, more: 'dedupe: { businessKey: true }' });
  const { put, arrives, arrived, sink, startWorker, withQueue } = world;
  await Promise.all([startWorker(), startWorker()]);

  // Ten in each shard, each of them twice. One in each shard says something else the second time.
  const all = allShards.map((shard) => callbacksOf(shard, 'r', 10));
  for (const shard of allShards) {
    const own = all[shard] ?? [];
    await put(shard, `b1-${shard}`, own);
    await put(shard, `b2-${shard}`, own);
    await put(
      shard,
      `b3-${shard}`,
      own.slice(0, 1).map((callback) => ({ ...callback, body: '{"id":"other"}' })),
    );
  }
  await arrives('crm', all.flat());
  await arrives('slow', all.flat());
  const conflicts = await Promise.all(
    allShards.map((shard) => withQueue(shard, (_, redis) => redis.llen(`${world.prefixOf(shard)}:quarantine:wait`))),
  );
  expect(conflicts).toEqual(allShards.map(() => 1));

  // Two of each pair are about the same, and lie in different shards.
  const about = (index: number) => `about-${index}`;
  const [first, second] = [callbacksOf(0, 'p', 5, about), callbacksOf(1, 'p', 5, about)];
  await Promise.all([put(0, 'p0', first), put(1, 'p1', second)]);
  // A batch in the wrong shard: its callbacks are passed on. Most shards have seen them.
  const astray = allShards.map((shard) => callbacksOf(shard, 'w', 3)).flat();
  await put(2, 'w2', [...astray, ...all.map((own) => own.slice(0, 1)).flat()]);
  await arrives('crm', astray);
  await arrives('slow', astray);
  await vi.waitFor(async () => {
    const ids = [...first, ...second].map(({ id }) => id);
    for (const output of ['crm', 'slow']) expect(arrived(output).filter((id) => ids.includes(id))).toHaveLength(5);
    for (const shard of allShards)
      expect(await withQueue(shard, (queue) => queue.getJobCountByTypes('waiting', 'active', 'delayed'))).toBe(0);
  }, SOON);

  for (const output of ['crm', 'slow']) expect(arrived(output)).toHaveLength(new Set(arrived(output)).size);
  // 57 deliveries, 20 a second. Each shard has fewer than 20: if it counted alone, nothing would wait.
  const times = sink.requests.filter(({ path }) => path === '/slow').map(({ time }) => time);
  expect(times).toHaveLength(57);
  expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(1000);
}, 180_000);
