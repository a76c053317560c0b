import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { stopSignal } from './stop-signal.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const before = SIGNALS.map((signal) => process.listeners(signal));

beforeEach(() => void vi.useFakeTimers());

afterEach(() => {
  vi.useRealTimers();
  for (const [index, signal] of SIGNALS.entries())
    for (const listener of process.listeners(signal)) if (!before[index]?.includes(listener)) process.off(signal, listener);
});

/** Without a listener the signal would end the process. */
const isHandled = (signal: (typeof SIGNALS)[number]) => process.emit(signal, signal);

it('takes a Ctrl-C that comes twice at once, as npx sends it, for one', async () => {
  const stopped = stopSignal(() => {});
  expect([isHandled('SIGINT'), isHandled('SIGINT')]).toEqual([true, true]);
  expect(await stopped).toBe('SIGINT');
});

it('lets a second Ctrl-C, a moment later, end the process', () => {
  void stopSignal(() => {});
  const count = process.listenerCount('SIGINT');
  isHandled('SIGINT');
  vi.advanceTimersByTime(1000);
  expect(process.listenerCount('SIGINT')).toBe(count - 1);
});

it('takes any number of SIGTERM', async () => {
  const stopped = stopSignal(() => {});
  isHandled('SIGTERM');
  vi.advanceTimersByTime(1000);
  expect(isHandled('SIGTERM')).toBe(true);
  expect(await stopped).toBe('SIGTERM');
});

it('takes SIGHUP for a wish to read the settings again, however often', async () => {
  let reloads = 0;
  const stopped = stopSignal(() => void (reloads += 1));
  expect([isHandled('SIGHUP'), isHandled('SIGHUP'), reloads]).toEqual([true, true, 2]);
  isHandled('SIGTERM');
  expect(await stopped).toBe('SIGTERM');
});
