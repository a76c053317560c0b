import { expect, it, vi } from 'vitest';
import { createLookReport } from './report-looks.ts';

const WELL = { looked: true, missing: [] } as const;

it('says once that looks fail, once that they miss something, and once that they work again', async () => {
  const [warn, info] = [vi.fn<(line: object, message: string) => void>(), vi.fn<(line: object, message: string) => void>()];
  const counts: string[] = [];
  let time = 0;
  const report = createLookReport({
    logger: { warn, info },
    count: (result) => counts.push(result),
    now: () => (time += 10_000),
  });
  await report.of(Promise.resolve(WELL));
  const err = new Error('NOPERM');
  for (const _ of [1, 2, 3]) await report.of(Promise.reject(err));
  for (const _ of [1, 2]) await report.of(Promise.resolve({ looked: true, missing: ['shard 1: away'] }));
  await report.of(Promise.resolve({ looked: false }));
  await report.of(Promise.resolve(WELL));
  expect(warn.mock.calls.map(([line]) => line)).toEqual([
    { code: 'RB_ALERT_NOT_SENT', err },
    { code: 'RB_ALERT_NOT_SENT', missing: ['shard 1: away'] },
  ]);
  expect(info.mock.calls).toEqual([[{ looks: 5, seconds: 10 }, 'looks for problems work again']]);
  expect(counts).toEqual(['succeeded', 'failed', 'failed', 'failed', 'incomplete', 'incomplete', 'succeeded']);
});
