import { createQuarantine } from '@ringback/queue';
import { testCallback } from '@ringback/testkit';
import { expect, it, vi } from 'vitest';
import { createDispatch } from './dispatch.ts';
import { DEADLINE, startOutputs } from './test-outputs.ts';

const WINDOW_MS = 60_000;

type Access = ReturnType<typeof startOutputs>['access'];

/** As if so much of the dedupe window had gone by. */
async function passTime({ redis, prefix }: Access, ms: number): Promise<void> {
  const keys = await redis.keys(`${prefix}:ledger:*`);
  const left = await Promise.all(keys.map((key) => redis.pttl(key)));
  await Promise.all(keys.map((key, index) => redis.pexpire(key, (left[index] ?? 0) - ms)));
}

it('a batch that waits for room in the quarantine for longer than the dedupe window delivers its other callbacks once', async () => {
  const { access, ledger, fanOut, logger, arrived, queue } = startOutputs();
  const overran = { outputs: [], conditionErrors: ['route 1: takes too long'], overran: true };
  const routed = { outputs: ['crm'], conditionErrors: [], overran: false };
  const router = { route: ({ id }: { id: string }) => (id === 'long' ? overran : routed) };
  const quarantine = createQuarantine({ ...access, bounds: { maxCount: 0, maxSize: 0 } });
  const businessKeyOf = ({ id }: { id: string }) => id;
  const dispatch = createDispatch({ ledger, router, quarantine, fanOut, businessKeyOf, now: Date.now, logger });
  const batch = { id: 'b1', callbacks: [testCallback('x'), testCallback('long'), testCallback('y')] };
  for (let run = 0; run < 4; run += 1) {
    await expect(dispatch(batch)).rejects.toMatchObject({ name: 'HandBack' });
    await vi.waitFor(async () => {
      expect(arrived('crm').length).toBeGreaterThanOrEqual(2);
      expect(await queue('crm').getJobCountByTypes('active', 'waiting', 'delayed')).toBe(0);
    }, DEADLINE);
    await passTime(access, 0.6 * WINDOW_MS);
  }
  expect(arrived('crm')).toEqual(['x', 'y']);
});
