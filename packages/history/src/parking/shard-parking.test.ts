import { RingbackError } from '@ringback/contracts';
import { testRedis } from '@ringback/testkit';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { RestStore } from '../store/rest.ts';
import { historyPath, open } from '../sqlite/test-sqlite.ts';
import { runShardParking } from './shard-parking.ts';

it('looks at the other outputs if one cannot be brought back, and says which', async () => {
  const { url, prefix } = testRedis();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  onTestFinished(() => redis.disconnect());
  const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const stop = new AbortController();
  const { rest: real } = open(historyPath());
  const asked: (string | undefined)[] = [];
  const oldest: RestStore['oldest'] = (filter, limit) => {
    asked.push(filter.output);
    if (filter.output === 'crm') return Promise.reject(new RingbackError('RB_HISTORY_UNAVAILABLE', 'locked'));
    return real.oldest(filter, limit);
  };
  const running = runShardParking({
    redis,
    prefix,
    window: 60_000,
    rest: { ...real, oldest },
    outputs: ['crm', 'mail'].map((output) => ({ output, parks: true, bound: () => ({ bytes: 1000, held: 10 }) })),
    memory: { tight: () => false, nearlyFull: () => false },
    handOver: async () => {},
    wake: () => {},
    now: Date.now,
    stop: stop.signal,
    logger,
  });
  await vi.waitUntil(() => asked.includes('mail') && asked.filter((output) => output === 'crm').length > 1, { timeout: 10_000 });
  stop.abort();
  await running;
  const line = { output: 'crm', code: 'RB_HISTORY_UNAVAILABLE', reason: 'locked' };
  expect(logger.warn.mock.calls).toEqual([[line, expect.any(String)]]);
});
