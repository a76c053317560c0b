import { RingbackError, SILENT } from '@ringback/contracts';
import { expect, it, vi } from 'vitest';
import { prune } from './prune.ts';

it.each([
  ['a bug with its stack', new TypeError('no such column'), { code: 'RB_INTERNAL', err: expect.any(TypeError) }],
  [
    'what is known with its reason',
    new RingbackError('RB_HISTORY_UNAVAILABLE', 'away'),
    { code: 'RB_HISTORY_UNAVAILABLE', reason: 'away' },
  ],
])('logs %s, and goes on', async (_what, error, line) => {
  const stop = new AbortController();
  const warn = vi.fn(() => stop.abort());
  const store = { prune: () => Promise.reject(error) };
  await prune({ store, config: { history: { keep: 1000, keepBodies: 1000 } }, stop: stop.signal, logger: { ...SILENT, warn } });
  expect(warn).toHaveBeenCalledWith(line, 'the history cannot be pruned now');
});
