import { expect, it } from 'vitest';
import { type Callback, idempotencyKeyOf } from './callback.ts';
import { callbacksOf, groupCallbacks, versionFor } from './payloads.ts';

function callback(id: string, shared: Partial<Callback> = {}): Callback {
  const own = { id, time: 1, receivedAt: 2, body: '{"big":12345678901234567890,"rate":1.10,"text":"\\u0026 😀"}\n' };
  return { source: 'callbot', account: 'a', type: 'callbot.order', ...own, ...shared };
}

it('keeps callbacks in order', () => {
  const [b, c] = [{ account: 'b' }, { type: 'callbot.call', source: 'other' }];
  const callbacks = [callback('1'), callback('2'), callback('3', b), callback('4', c), callback('5', c), callback('6')];
  const groups = groupCallbacks(callbacks);
  expect(groups.map((group) => group.callbacks.map(({ id }) => id))).toEqual([['1', '2'], ['3'], ['4', '5'], ['6']]);
  expect(callbacksOf({ groups })).toEqual(callbacks);
  expect(callbacksOf({ groups: groupCallbacks([]) })).toEqual([]);
});

it('writes once what neighbours share', () => {
  const text = JSON.stringify(groupCallbacks([callback('1'), callback('2')]));
  expect(text.split('callbot.order')).toHaveLength(2);
});

it('keeps what a delivery is known by, and says so in its version: an older worker would leave it out', () => {
  const replayed = [callback('1', { about: 'x', deliverAs: 'k_r1' }), callback('2', { deliverAs: 'k_r2' })];
  expect(callbacksOf({ groups: groupCallbacks(replayed) })).toEqual(replayed);
  expect([versionFor([callback('1')]), versionFor(replayed)]).toEqual([1, 2]);
  expect([callback('1'), ...replayed].map((one) => idempotencyKeyOf(one, 'k'))).toEqual(['msg_k', 'msg_k_r1', 'msg_k_r2']);
});

it('carries the trace of a request, under the same version: an older worker leaves it out', () => {
  const trace = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };
  const traced = [callback('1', trace), callback('2', { ...trace, tracestate: 'a=1' }), callback('3')];
  expect(callbacksOf({ groups: groupCallbacks(traced) })).toEqual(traced);
  expect(versionFor(traced)).toBe(1);
});
