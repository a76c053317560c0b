import { expect, it, vi } from 'vitest';
import { createRepeats } from './repeats.ts';

function setUp(every: number) {
  const warn = vi.fn();
  const repeats = createRepeats({ logger: { warn }, message: 'more of them', every });
  return { warn, repeats };
}

it('lets the first of each kind through, counts the rest, and says how many when it is asked', () => {
  const { warn, repeats } = setUp(60_000);
  const shown = Array.from({ length: 1000 }, () => repeats.isLogged({ code: 'A', source: 's' }, 3));
  expect(shown.filter(Boolean)).toHaveLength(3);
  expect(repeats.isLogged({ code: 'A', source: 'other' }, 3)).toBe(true);
  expect(warn).not.toHaveBeenCalled();
  repeats.flush();
  expect(warn.mock.calls).toEqual([[{ code: 'A', source: 's', repeated: 997, seconds: 0 }, 'more of them']]);
  repeats.flush();
  expect(warn).toHaveBeenCalledTimes(1);
});

it('says it by itself after its time, and then shows the next ones again', async () => {
  const { warn, repeats } = setUp(20);
  for (let n = 0; n < 5; n += 1) repeats.isLogged({ code: 'A' }, 1);
  await vi.waitFor(() => expect(warn).toHaveBeenCalled(), 30_000);
  expect(warn.mock.calls[0]?.[0]).toMatchObject({ code: 'A', repeated: 4 });
  expect(repeats.isLogged({ code: 'A' }, 1)).toBe(true);
});
