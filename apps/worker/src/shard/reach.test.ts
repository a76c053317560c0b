import { createSecret } from '@ringback/contracts';
import { connectPatient, createRedisWatch } from '@ringback/redis';
import { testRedis } from '@ringback/testkit';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createReach } from './reach.ts';

const spy = () => vi.fn<(fields: object, message: string) => void>();

it('is asked less often the longer it is away, and as often as at first once it was back', async () => {
  const { url, prefix } = testRedis();
  const logger = { debug: spy(), info: spy(), warn: spy(), error: spy() };
  const redis = connectPatient({ url: createSecret(url), prefix, name: 'ringback-worker', logger });
  let time = 0;
  const now = () => time;
  const overload = { memory: { high: Number.MAX_VALUE, low: Number.MAX_VALUE } };
  const watch = createRedisWatch({ redis, prefix, durability: 'memory', overload, now, logger });
  onTestFinished(() => {
    watch.close();
    redis.disconnect();
  });
  const reach = createReach({ redis, watch, durability: 'memory', now });
  const ask = () => reach.ask(() => redis.ping());
  expect(await ask()).toBe('PONG');
  const waits: unknown[] = [];
  async function look(after: number) {
    time += after;
    waits.push(await ask().catch((error: unknown) => error));
  }
  redis.disconnect();
  await vi.waitFor(() => expect(redis.status).toBe('end'));
  for (const after of [0, 10_000, 30_000, 3_600_000]) await look(after);
  expect(waits).toMatchObject([5000, 5000, 10_000, 60_000].map((afterMs) => ({ afterMs })));
  await redis.connect();
  expect(await ask()).toBe('PONG');
  redis.disconnect();
  await vi.waitFor(() => expect(redis.status).toBe('end'));
  time += 3_600_000;
  await expect(ask()).rejects.toMatchObject({ afterMs: 5000 });
});
