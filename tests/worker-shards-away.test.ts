import { homeShardOf } from '@ringback/contracts';
import { startCluster } from '@ringback/testkit';
import { expect, it, vi } from 'vitest';
import { allShards, callbacksOf, createWorld, SHARDS, SOON } from './worker-shards-world.ts';

type World = Awaited<ReturnType<typeof createWorld>>;

/** The shards on the primary of shard 0, and those on others. */
async function split({ serverOf }: Pick<World, 'serverOf'>) {
  const owners = await Promise.all(allShards.map(serverOf));
  return {
    away: allShards.filter((shard) => owners[shard] === owners[0]),
    there: allShards.filter((shard) => owners[shard] !== owners[0]),
  };
}

/** A name for an output with a rate limit whose home is one of these shards. */
function livingIn(shards: readonly number[]): string {
  const names = Array.from({ length: 100 }, (_, index) => `limited${index}`);
  return names.find((name) => shards.includes(homeShardOf(name, SHARDS))) ?? '';
}

it('serves the other shards while a primary is away, and loses and repeats nothing when the worker is killed meanwhile', async () => {
  const set = await startCluster({ replicas: false, settings: ['--cluster-require-full-coverage', 'no'] });
  const prefix = 'ringback';
  const serverOf = (shard: number) => set.primary(`{${prefix}:${shard}}:`);
  const { away, there } = await split({ serverOf });
  expect(there.length).toBeGreaterThan(1);
  const [gone, near] = [livingIn(away), livingIn(there)];
  const limit = 'rateLimit: { max: 1000, per: 1s }';
  const world = await createWorld({ set, prefix, outputs: { crm: '', [gone]: limit, [near]: limit } });
  const { put, arrives, arrived, startWorker, withQueue } = world;
  const { process, adminUrl } = await startWorker();
  const [from = 0, to = from] = there;
  const primary = await serverOf(away[0] ?? 0);
  const readiness = async (): Promise<unknown> => (await fetch(new URL('/readyz', adminUrl))).json();
  await vi.waitFor(async () => expect(await readiness()).toEqual({ status: 'ready' }), SOON);

  primary.pause();
  // More batches than a shard may have under way: each of them has deliveries that wait for the shard that is away.
  const batches = there.flatMap((shard) =>
    Array.from({ length: 8 }, (_, index) => ({ shard, own: callbacksOf(shard, `n${index}`, 2) })),
  );
  for (const [index, { shard, own }] of batches.entries()) await put(shard, `n${index}`, own);
  const own = batches.flatMap((batch) => batch.own);
  // In the wrong shard: half of it belongs to one that is away.
  const [astray, lost] = [callbacksOf(to, 'a', 3), callbacksOf(away[0] ?? 0, 'l', 3)];
  await put(from, 'astray', [...astray, ...lost]);
  for (const output of ['crm', near]) await arrives(output, [...own, ...astray]);
  await vi.waitFor(
    async () =>
      expect(await readiness()).toEqual({
        status: 'ready',
        shardsNotReady: [{ shards: away, reasons: [expect.stringMatching(/^RB_REDIS_UNAVAILABLE/)] }],
      }),
    SOON,
  );
  expect(arrived(gone)).toEqual([]);

  // What was written elsewhere is there, and its batch has not ended here.
  await vi.waitFor(async () => {
    // No attempt is used up by that.
    expect(await withQueue(from, async (queue) => (await queue.getJob('astray'))?.attemptsMade)).toBe(0);
    for (const shard of there) for (const output of ['crm', near]) expect(await jobsUnderWay(world, shard, output)).toBe(0);
  }, SOON);
  await process.stop('SIGKILL');
  primary.resume();
  await startWorker();
  for (const output of ['crm', gone, near]) await arrives(output, [...own, ...astray, ...lost]);
  await vi.waitFor(async () => {
    for (const shard of allShards)
      expect(await withQueue(shard, (queue) => queue.getJobCountByTypes('waiting', 'active', 'delayed', 'failed'))).toBe(0);
  }, SOON);
  for (const output of ['crm', gone, near]) expect(arrived(output)).toHaveLength(new Set(arrived(output)).size);
}, 180_000);

/** Jobs that a worker has: their outcome may not be written yet. */
function jobsUnderWay({ withQueue, prefixOf }: World, shard: number, output: string): Promise<number> {
  return withQueue(shard, (_, redis) => redis.llen(`${prefixOf(shard)}:output.${output}:active`));
}
