import { type Callback, type ErrorCode, RingbackError } from '@ringback/contracts';
import { HandBack } from '@ringback/queue';
import { testCallback } from '@ringback/testkit';
import { expect, it, vi } from 'vitest';
import { createOpenable } from './openable.ts';

const T = 1_700_000_000_000;

function setUp(code: ErrorCode) {
  const error = vi.fn<(fields: object, message: string) => void>();
  const logger = { debug() {}, info() {}, warn() {}, error };
  const open = (callback: Callback) => {
    if (callback.id === 'sealed') throw new RingbackError(code, 'a body is encrypted with key K');
    return callback;
  };
  let now = T;
  const openable = createOpenable({ open, now: () => now, logger });
  const take = (...ids: string[]) => openable({ id: 'b1', callbacks: ids.map((id) => testCallback(id, { receivedAt: T })) });
  return { take, error, passed: (ms: number) => void (now = T + ms) };
}

it('hands a batch back while the key of one of its bodies is missing, and logs only the first of a minute', () => {
  const { take, error } = setUp('RB_KEY_MISSING');
  take('a', 'b');
  for (let time = 0; time < 20; time += 1) expect(() => take('a', 'sealed')).toThrow(HandBack);
  expect(error).toHaveBeenCalledTimes(5);
  expect(error).toHaveBeenCalledWith(
    expect.objectContaining({ code: 'RB_KEY_MISSING', batch: 'b1', callbacks: 2 }),
    expect.anything(),
  );
});

it.each([
  [0, 5000],
  [200_000, 20_000],
  [86_400_000, 60_000],
])('after %s ms waits for %s ms more: however many wait for a key, the load has a bound', (ageMs, afterMs) => {
  const { take, passed } = setUp('RB_KEY_MISSING');
  passed(ageMs);
  expect(() => take('sealed')).toThrow(expect.objectContaining({ afterMs }));
});

it('does not wait for a key that could not help', () => {
  const { take } = setUp('RB_BODY_TAMPERED');
  expect(() => take('sealed')).toThrow(expect.objectContaining({ code: 'RB_BODY_TAMPERED' }));
});
