import { freePort } from '@ringback/testkit';
import { expect, it, vi } from 'vitest';
import { createShardCountWatch } from './shard-count-watch.ts';

it('takes nothing while the number is not known, in an answer that can be tried again, and says why once', async () => {
  const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const cluster = { nodes: [`127.0.0.1:${await freePort()}`] };
  const watch = createShardCountWatch({ cluster, prefix: 'ringback', shards: 4, app: 'ingress', usedBy: () => [], logger });
  expect(watch.refusal()?.code).toBe('RB_QUEUE_UNAVAILABLE');
  await vi.waitFor(() => expect(watch.refusal()?.message).toContain('the primary of shard 0'), { timeout: 30_000 });
  expect(watch.refusal()?.code).toBe('RB_QUEUE_UNAVAILABLE');
  await watch.close();
  expect(logger.error.mock.calls).toEqual([
    [
      { code: 'RB_QUEUE_UNAVAILABLE', reason: expect.stringContaining('shard 0') },
      'the number of shards is not known: no callback is taken',
    ],
  ]);
});
