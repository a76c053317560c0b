import type { Resting } from '@ringback/history';
import type { Kept } from '@ringback/queue';
import { expect, it } from 'vitest';
import { keptCallbacks, parkedCallbacks } from './kept-callbacks.ts';

const identity = { source: 's', account: 'a', receivedAt: 5 };
const opened = (payload: unknown): unknown => JSON.parse(JSON.stringify(payload).replace('rb1.sealed', '{\\"phone\\":138}'));
const payload = { callback: { id: 'r', body: 'rb1.sealed' } };
const text = '"phone":138';

it('looks for a text in what is encrypted, kept or parked', async () => {
  const why = { reason: 'HTTP 410', fault: 'theirs', attempts: 1, time: 9 } as const;
  const kept: Kept = {
    ...why,
    queue: 'output.crm',
    id: 'k',
    kind: 'delivery',
    output: 'crm',
    callbacks: [{ id: 'r', ...identity }],
    payload,
  };
  const store = {
    async *find() {
      yield kept;
    },
  };
  const named = { id: 'p', kind: 'parked', output: 'crm', key: 'k', place: 0, requestID: 'r' } as const;
  const resting: Resting = { ...named, ...identity, at: 9, round: 1, payload: JSON.stringify(payload) };
  const rest = { find: async () => [resting] };
  const count = async (wanted: string) =>
    Promise.all([
      keptCallbacks({ state: 'dead', text: wanted }, store, opened).then(({ found }) => found.length),
      parkedCallbacks({ state: 'parked', text: wanted }, rest, opened).then(({ found }) => found.length),
    ]);
  expect(await count(text)).toEqual([1, 1]);
  expect(await count('rb1.sealed')).toEqual([0, 0]);
});
