import { createSecret, SILENT } from '@ringback/contracts';
import { startRedisServer } from '@ringback/testkit';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createConfirm } from './confirm.ts';
import { connectFailFast } from './connection.ts';
import { createRedisWatch } from './watch.ts';

const SOON = { timeout: 20_000, interval: 20 };

async function startWithReplicas() {
  const start = () => startRedisServer({ settings: ['--repl-diskless-sync-delay', '0'] });
  const [primary, first, second] = await Promise.all([start(), start(), start()]);
  const replicas = [first, second].map(({ url }) => new Redis(url));
  onTestFinished(() => replicas.forEach((replica) => replica.disconnect()));
  for (const replica of replicas) await replica.replicaof('127.0.0.1', primary.port);
  return { primary, replicas };
}

it('with durability replica, nothing is confirmed for 10 s after a replica was promoted while another still follows', async () => {
  const { primary, replicas } = await startWithReplicas();
  const redis = connectFailFast({ url: createSecret(primary.url), name: 'test', timeout: 5000, logger: SILENT });
  onTestFinished(() => redis.disconnect());
  let later = 0;
  const now = () => performance.now() + later;
  const overload = { memory: { high: 0.8, low: 0.7 } };
  const watch = createRedisWatch({ redis, prefix: 'test', durability: 'replica', overload, now, logger: SILENT });
  onTestFinished(() => watch.close());
  const confirm = createConfirm({ redis, durability: 'replica', timeout: 5000, ...watch });
  const write = async () => {
    await redis.set('key', 'value');
    await confirm();
  };
  await vi.waitFor(async () => {
    await watch.look();
    expect([watch.unmet(), watch.followers.several()]).toEqual([undefined, true]);
  }, SOON);
  await write();

  await replicas[0]?.replicaof('NO', 'ONE');
  await expect(write()).rejects.toMatchObject({ code: 'RB_DURABILITY_UNMET', message: expect.stringContaining('no more') });
  expect(watch.unmet()?.code).toBe('RB_DURABILITY_UNMET');

  // The other one may go on alone: by now it would follow a new primary.
  later = 10_000;
  await watch.look();
  expect(watch.unmet()).toBeUndefined();
  await write();
});
