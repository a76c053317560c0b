import type { DeliveryResult } from '@ringback/contracts';
import { expect, it } from 'vitest';
import { createBreaker } from './breaker.ts';
import { createRecent } from './recent.ts';

const FAILED: DeliveryResult = { outcome: 'retry', failure: 'unavailable', reason: 'HTTP 503' };
const COOLDOWN = 10_000;

it('a breaker is open since it left closed, however often a probe fails', async () => {
  let time = 0;
  let wake = () => {};
  const recent = createRecent(() => time);
  const states: string[] = [];
  const breaker = createBreaker({
    settings: { enabled: true, failures: 1, failingFor: 60_000, cooldown: COOLDOWN, maxHold: COOLDOWN },
    now: () => time,
    schedule: (run) => void (wake = run),
    onChange({ state }) {
      states.push(state);
      recent.breakerIs(state);
    },
  });
  const attempt = (result: DeliveryResult) => breaker.run(async () => ({ result }));
  const coolDown = () => {
    time += COOLDOWN;
    wake();
  };

  time = 5000;
  expect(recent.read().breakerFor).toBe(5000);
  await attempt(FAILED);
  for (let probes = 0; probes < 3; probes += 1) {
    coolDown();
    await attempt(FAILED);
  }
  expect(states).toEqual(['open', 'probing', 'open', 'probing', 'open', 'probing', 'open']);
  expect(recent.read().breakerFor).toBe(3 * COOLDOWN);
  coolDown();
  expect([breaker.state(), recent.read().breakerFor]).toEqual(['probing', 4 * COOLDOWN]);
  await attempt({ outcome: 'delivered' });
  expect([breaker.state(), recent.read().breakerFor]).toEqual(['closed', 0]);
});
