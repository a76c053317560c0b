import { expect, it } from 'vitest';
import { callbackKey } from './callback.ts';

const callback = { source: 'callbot', account: 'a', id: 'r' };

it('gives a callback the same short name on every day', () => {
  // Names jobs and ledger entries that outlive a release: it MUST NOT change.
  expect(callbackKey(callback)).toBe('sXUdhQvMFo7gkpYgz4GoCZ');
});

it('tells apart what differs in source, account or id, wherever the border lies', () => {
  const others = [
    { ...callback, source: 'other' },
    { ...callback, account: 'b' },
    { ...callback, id: 's' },
    { source: 'callbot', account: 'ar', id: '' },
    { source: 'callbota', account: '', id: 'r' },
  ];
  expect(new Set([callback, ...others].map(callbackKey)).size).toBe(6);
});

it('is safe as a job id and a Redis key for any request id', () => {
  for (const id of ['', ':', '123', '\u0000', '牛'.repeat(1000), '../..'])
    expect(callbackKey({ ...callback, id })).toMatch(/^[\w-]{22}$/);
});
