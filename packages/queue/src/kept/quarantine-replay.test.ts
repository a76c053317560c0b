import { type Callback, groupCallbacks } from '@ringback/contracts';
import { testCallback as callback, testRedis } from '@ringback/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { openQuarantineStore } from './quarantine-store.ts';
import { createQuarantine } from './quarantine.ts';

it('what is replayed is queued, though an earlier replay of the same still waits', async () => {
  const { url, prefix } = testRedis();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  const callbacks = new Queue('callbacks', { connection: redis, prefix });
  const entry = { v: 1, source: 's', account: 'a', time: 1, receivedAt: 2, id: 'x', body: '{}', encoding: 'utf8' } as const;
  const quarantine = createQuarantine({ redis, prefix, bounds: { maxCount: 10, maxSize: 1_000_000 } });
  const read = (): Callback => callback('x');
  const store = openQuarantineStore({ redis, prefix, read, release: async () => {} });
  onTestFinished(async () => {
    await Promise.all([store.close(), callbacks.close()]);
    redis.disconnect();
  });
  for (let replays = 0; replays < 2; replays += 1) {
    await quarantine.keep([{ ...entry, reason: 'RB_BODY_INVALID: the body' }]);
    for await (const kept of store.find({})) expect(await store.replay(kept)).toBeUndefined();
  }
  const batch = { v: 1, groups: groupCallbacks([read()]), replayed: true };
  expect((await callbacks.getWaiting()).map(({ data }) => data as unknown)).toEqual([batch, batch]);
});
