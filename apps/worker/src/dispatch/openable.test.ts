import { type Callback, type ErrorCode, RingbackError } from '@ringback/contracts';
import { HandBack } from '@ringback/queue';
import { testCallback } from '@ringback/testkit';
import { expect, it, vi } from 'vitest';
import { createOpenable } from './openable.ts';

function setUp(code: ErrorCode) {
  const error = vi.fn<(fields: object, message: string) => void>();
  const logger = { debug() {}, info() {}, warn() {}, error };
  const open = (callback: Callback) => {
    if (callback.id === 'sealed') throw new RingbackError(code, 'a body is encrypted with key K');
    return callback;
  };
  const openable = createOpenable({ open, logger });
  const take = (...ids: string[]) => openable({ id: 'b1', callbacks: ids.map((id) => testCallback(id)) });
  return { take, error };
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

it('does not wait for a key that could not help', () => {
  const { take } = setUp('RB_BODY_TAMPERED');
  expect(() => take('sealed')).toThrow(expect.objectContaining({ code: 'RB_BODY_TAMPERED' }));
});
