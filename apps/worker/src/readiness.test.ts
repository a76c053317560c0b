import { RingbackError } from '@ringback/contracts';
import { createRedisWatch } from '@ringback/redis';
import { testRedis } from '@ringback/testkit';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createReadiness } from './readiness.ts';

const spy = () => vi.fn<(fields: object, message: string) => void>();

it('is not ready while the number of shards is not known, and says so', async () => {
  const { url, prefix } = testRedis();
  const redis = new Redis(url);
  const logger = { debug: spy(), info: spy(), warn: spy(), error: spy() };
  const overload = { memory: { high: Number.MAX_VALUE, low: Number.MAX_VALUE } };
  const now = () => performance.now();
  const watch = createRedisWatch({ redis, prefix, durability: 'memory', overload, now, logger });
  onTestFinished(() => {
    watch.close();
    redis.disconnect();
  });
  let refusal: RingbackError | undefined;
  const readiness = createReadiness({ served: [{ number: 1, watch }], shardCount: { refusal: () => refusal }, now });
  await vi.waitFor(async () => expect(await readiness.notReadyReasons()).toEqual([]), { timeout: 20_000 });
  refusal = new RingbackError('RB_QUEUE_UNAVAILABLE', 'send it again');
  expect(await readiness.notReadyReasons()).toEqual([
    'RB_QUEUE_UNAVAILABLE: the number of shards is not known: shard 0 has not answered yet',
  ]);
});
