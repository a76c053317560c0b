import { describe, expect, it } from 'vitest';
import { toDeliveryResult } from './retry-table.ts';

const NOW = Date.parse('1994-11-06T08:48:37Z');
const answer = (status: number, retryAfter?: string | string[]) => ({ status, headers: { 'retry-after': retryAfter } });

describe('toDeliveryResult', () => {
  it.each(['Sun, 06 Nov 1994 08:49:37 GMT', 'Sunday, 06-Nov-94 08:49:37 GMT', 'Sun Nov  6 08:49:37 1994'])(
    'reads each form of a date in HTTP: %s',
    (date) => {
      expect(toDeliveryResult(answer(503, date), { now: NOW })).toMatchObject({ afterMs: 60_000 });
    },
  );

  it('takes the first of several Retry-After headers', () => {
    expect(toDeliveryResult(answer(429, ['3', '9']), { now: NOW })).toMatchObject({ afterMs: 3000 });
  });

  it('ignores Retry-After where there will be no further attempt', () => {
    expect(toDeliveryResult(answer(404, '3'), { now: NOW })).toStrictEqual({ outcome: 'dead', reason: 'HTTP 404', status: 404 });
    expect(toDeliveryResult(answer(200, '3'), { now: NOW })).toStrictEqual({
      outcome: 'delivered',
      detail: 'HTTP 200',
      status: 200,
    });
  });

  it.each([
    [64_570, 64_570],
    [-1, 0],
    [1e12, 86_400_000],
  ])('prefers a wait of %i ms that the body asks for', (askedMs, afterMs) => {
    expect(toDeliveryResult(answer(429, '3'), { now: NOW, askedMs })).toMatchObject({ afterMs });
    expect(toDeliveryResult(answer(404, '3'), { now: NOW, askedMs })).toStrictEqual({
      outcome: 'dead',
      reason: 'HTTP 404',
      status: 404,
    });
  });

  it('puts the detail into the reason of a failure', () => {
    expect(toDeliveryResult(answer(403), { now: NOW, detail: 'no_service' })).toEqual({
      outcome: 'dead',
      reason: 'HTTP 403: no_service',
      status: 403,
    });
    expect(toDeliveryResult(answer(500), { now: NOW, detail: 'oops' })).toEqual({
      outcome: 'retry',
      failure: 'error',
      reason: 'HTTP 500: oops',
      status: 500,
    });
  });
});
