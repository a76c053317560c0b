import type { DeliveryResult } from '@ringback/contracts';
import { expect, it } from 'vitest';
import { settle, type SettleOptions } from './settle.ts';

type Failure = Extract<DeliveryResult, { outcome: 'retry' }>['failure'];
type Over = Partial<SettleOptions['settings']> & { readonly afterMs?: number };

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const settings = { giveUpAfter: 72 * HOUR, minDelay: 1000, maxDelay: HOUR, probeAgainAfter: 10_000, mostWhileAway: MINUTE };
/** It cost time a long time: the destination was away. */
const spent = { attempts: 1, uncounted: 500, failingSince: 0 };

function waitAfter(failure: Failure, { afterMs, ...over }: Over = {}): number | undefined {
  const result = { outcome: 'retry', failure, reason: 'no', ...(afterMs !== undefined && { afterMs }) } as const;
  const delivery = { spent, attempts: 60, probe: false };
  const settled = settle(result, { delivery, settings: { ...settings, ...over }, now: HOUR, jitter: 1 });
  return settled.outcome === 'retry' ? settled.waitMs : undefined;
}

it('an outage does not lengthen the waits after it', () => {
  expect(waitAfter('unavailable')).toBe(MINUTE);
  expect(waitAfter('unavailable', { maxDelay: 20_000 })).toBe(20_000);
  expect(waitAfter('unavailable', { afterMs: 90_000 })).toBe(90_000);
  expect(waitAfter('error')).toBe(2000);
});

it('what we cannot decrypt waits for as long as ever: no breaker holds it', () => {
  expect(waitAfter('unreadable')).toBe(HOUR);
});
