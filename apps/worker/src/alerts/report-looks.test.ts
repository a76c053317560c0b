import { expect, it, vi } from 'vitest';
import { createLookReport } from './report-looks.ts';

const WELL = { looked: true, missing: [] } as const;

function setUp() {
  const [warn, info] = [vi.fn<(line: object, message: string) => void>(), vi.fn<(line: object, message: string) => void>()];
  const counts: string[] = [];
  let time = 0;
  const count = (result: string) => counts.push(result);
  return { ...createLookReport({ logger: { warn, info }, count, now: () => (time += 10_000) }), warn, info, counts };
}

it('says once that looks fail, once that they miss something, and once that they work again', async () => {
  const { of, warn, info, counts } = setUp();
  await of(Promise.resolve(WELL));
  const err = new Error('NOPERM');
  for (const _ of [1, 2, 3]) await of(Promise.reject(err));
  for (const _ of [1, 2]) await of(Promise.resolve({ looked: true, missing: ['shard 1: away'] }));
  await of(Promise.resolve({ looked: false }));
  await of(Promise.resolve(WELL));
  expect(warn.mock.calls.map(([line]) => line)).toEqual([
    { code: 'RB_ALERT_NOT_SENT', err },
    { code: 'RB_ALERT_NOT_SENT', missing: ['shard 1: away'] },
  ]);
  expect(info.mock.calls).toEqual([[{ looks: 5, seconds: 10 }, 'looks for problems work again']]);
  expect(counts).toEqual(['succeeded', 'failed', 'failed', 'failed', 'incomplete', 'incomplete', 'succeeded']);
});

it('says each reason of a trouble once, though looks change between failing and missing something', async () => {
  const { of, warn, info, counts } = setUp();
  const away = 'RB_REDIS_UNAVAILABLE: shard 1 does not answer within 5000 ms';
  const fails = () => of(Promise.reject(new Error('shard 0 does not answer')));
  const misses = (...missing: string[]) => of(Promise.resolve({ looked: true, missing }));
  for (const _ of [1, 2, 3]) {
    await fails();
    await misses(away);
  }
  await misses('shard 2: away', away);
  for (const _ of [1, 2]) await misses('shard 2: away');
  expect(warn.mock.calls.map(([line]) => line)).toEqual([
    { code: 'RB_ALERT_NOT_SENT', err: new Error('shard 0 does not answer') },
    { code: 'RB_ALERT_NOT_SENT', missing: [away] },
    { code: 'RB_ALERT_NOT_SENT', missing: ['shard 2: away', away] },
  ]);
  expect(counts.filter((result) => result === 'failed')).toHaveLength(3);
  await of(Promise.resolve(WELL));
  await fails();
  expect([info.mock.calls.map(([line]) => line), warn.mock.calls.length]).toEqual([[{ looks: 9, seconds: 10 }], 4]);
});
