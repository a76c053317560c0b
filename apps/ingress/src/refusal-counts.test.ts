import { expect, it, vi } from 'vitest';
import type { HistoryEvent } from '@ringback/history';
import { createRefusalCounts } from './refusal-counts.ts';

function setUp() {
  const clock = { now: 120_500 };
  const told: HistoryEvent[] = [];
  const redis = { away: false };
  const offer = vi.fn<(event: HistoryEvent) => Promise<boolean>>(async (event) => {
    if (!redis.away) told.push(event);
    return !redis.away;
  });
  const counts = createRefusalCounts({ offer, process: 'p', now: () => clock.now });
  const minutes = () => told.map((event) => ('minute' in event ? event.minute : undefined));
  return { clock, told, redis, minutes, ...counts };
}

it('counts by source and code in each minute', async () => {
  const { count, close, clock, told } = setUp();
  for (const code of ['RB_SIGN_MISMATCH', 'RB_SIGN_MISMATCH', 'RB_OVERLOADED']) count({ source: 'callbot', code });
  clock.now += 60_000;
  count({ code: 'RB_PATH_UNKNOWN' });
  await close();
  expect(told).toEqual([
    {
      v: 1,
      kind: 'refused',
      process: 'p',
      minute: 120_000,
      counts: [
        { source: 'callbot', code: 'RB_SIGN_MISMATCH', count: 2 },
        { source: 'callbot', code: 'RB_OVERLOADED', count: 1 },
      ],
    },
    { v: 1, kind: 'refused', process: 'p', minute: 180_000, counts: [{ code: 'RB_PATH_UNKNOWN', count: 1 }] },
  ]);
});

it('keeps an hour of counts while Redis is away, in bounds', async () => {
  const { count, close, clock, redis, minutes } = setUp();
  redis.away = true;
  for (let n = 0; n < 100; n += 1) {
    count({ source: 'callbot', code: 'RB_QUEUE_UNAVAILABLE' });
    clock.now += 60_000;
  }
  redis.away = false;
  await close();
  expect(minutes()).toHaveLength(60);
  expect(minutes().at(-1)).toBe(120_000 + 99 * 60_000);
});
