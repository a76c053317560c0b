import { once } from 'node:events';
import { createSecret } from '@ringback/contracts';
import { createDeliveryProducer, joinKeptStores, openDeadLetters, outputQueueState } from '@ringback/queue';
import { connectForCommand } from '@ringback/redis';
import { testRedis } from '@ringback/testkit';
import { expect, it, onTestFinished } from 'vitest';
import { guardedStore } from '../kept/guarded-store.ts';
import { actOnKept, listKept } from '../kept/kept.ts';
import { askHome, askShards, changeShards, lostReasons, type Shards } from './shards.ts';
import { switchQueues } from '../dispatch/switch-queues.ts';

const delivery = { retry: { attempts: 3, giveUpAfter: 86_400_000, minDelay: 60_000, maxDelay: 60_000 } };

/** Three shards that were reached. They share a server here, and no key. */
async function setUp() {
  const { url, prefix } = testRedis();
  const reached = await Promise.all(
    [0, 1, 2].map(async (number) => {
      const redis = await connectForCommand({ url: createSecret(url), name: 'test' });
      onTestFinished(() => redis.disconnect());
      return { number, redis, prefix: `${prefix}-${number}` };
    }),
  );
  const shards: Shards = { count: 3, reached, lost: [] };
  /** As when its primary goes away while a command is under way. */
  async function lose(number: number): Promise<void> {
    const redis = reached[number]?.redis;
    const ended = redis && once(redis, 'end', { signal: AbortSignal.timeout(10_000) });
    redis?.disconnect();
    await ended;
  }
  return { shards, reached, lose };
}

const LOST = 'shard 1 of 3: Redis does not answer: connection closed';

it('a question to all leaves out the shard that is lost from then on, and names it once', async () => {
  const { shards, lose } = await setUp();
  await lose(1);
  for (let asked = 0; asked < 2; asked += 1)
    expect([...(await askShards(shards, async ({ redis }) => redis.ping())).keys()]).toEqual([0, 2]);
  expect(lostReasons(shards)).toEqual([LOST]);
  expect(await askHome(shards, async ({ redis }) => redis.ping())).toBe('PONG');
  for (const number of [0, 2]) await lose(number);
  expect(await askHome(shards, async ({ redis }) => redis.ping())).toBeUndefined();
  await expect(askShards(shards, async ({ redis }) => redis.ping())).rejects.toMatchObject({
    code: 'RB_REDIS_UNAVAILABLE',
    message: 'shards 0, 1, 2 of 3: Redis does not answer: connection closed',
  });
});

it('a bug is no lost shard', async () => {
  const { shards } = await setUp();
  const bug = () => Promise.reject(new TypeError('a bug'));
  await expect(askShards(shards, bug)).rejects.toThrow('a bug');
  await expect(changeShards(shards, bug)).rejects.toThrow('a bug');
  expect(shards.lost).toEqual([]);
});

it('a change does the other shards, shard 0 last, and says where it failed', async () => {
  const { shards, reached, lose } = await setUp();
  await lose(1);
  const asked: number[] = [];
  const change = async ({ number, redis }: (typeof reached)[number]) => {
    asked.push(number);
    return redis.ping();
  };
  const { done, failed } = await changeShards(shards, change);
  expect([asked, done, failed.map(({ number }) => number)]).toEqual([[2, 1, 0], ['PONG', 'PONG'], [1]]);

  const open = (shard: (typeof reached)[number]) => outputQueueState('crm', shard);
  await expect(switchQueues(shards, { action: 'pause', open })).rejects.toMatchObject({
    code: 'RB_REDIS_UNAVAILABLE',
    message: `not paused at ${LOST}. The other shards are paused. Run it again`,
  });
  const others = reached.filter(({ number }) => number !== 1);
  expect(await Promise.all(others.map((shard) => open(shard).isPaused()))).toEqual([true, true]);
});

it('a shard that is lost while dead letters are listed or purged stops neither for the others', async () => {
  const { shards, reached, lose } = await setUp();
  const openAll = (reading: boolean) =>
    Promise.all(
      reached.map(async (shard) => {
        const store = await openDeadLetters({ ...shard, outputs: ['crm'], served: async () => true });
        return { shard: shard.number, store: guardedStore(store, { shard, shards, reading }) };
      }),
    );
  for (const shard of reached) {
    const producer = createDeliveryProducer({ ...shard, output: 'crm', delivery, nearlyFull: () => false });
    for (const id of ['a', 'b']) await producer.addRefused(`${id}${shard.number}`, { reason: 'HTTP 410', fault: 'theirs' });
  }
  const [reading, changing] = [joinKeptStores(await openAll(true)), joinKeptStores(await openAll(false))];
  const out: string[] = [];
  const err: string[] = [];
  const terminal = { out: (line: string) => void out.push(line), err: (line: string) => void err.push(line) };
  const context = { filter: {}, terminal, now: () => 0, sleep: async () => {} };
  let purged = 0;
  const store = {
    ...changing,
    async purge(kept: Parameters<typeof changing.purge>[0]) {
      if (purged === 1) await lose(1);
      purged += 1;
      return changing.purge(kept);
    },
  };
  expect(await actOnKept({ ...context, store, action: 'purge', yes: true, json: false })).toBe(false);
  expect(out).toEqual(['purged 4 of 6']);
  expect(err).toHaveLength(2);
  for (const line of err) expect(line).toMatch(/^not purged: [ab]1\.ref\.crm: shard 1: Redis does not answer/);
  expect(lostReasons(shards)).toEqual([LOST]);
  await listKept({ ...context, store: reading, limit: 50, json: true });
  expect(out.slice(1)).toEqual([]);
  await expect(listKept({ ...context, store: changing, limit: 50, json: true })).rejects.toMatchObject({
    code: 'RB_REDIS_UNAVAILABLE',
  });
});
