import { expect, it } from 'vitest';
import { sendAll } from './send-all.ts';

const clock = () => {
  let time = 5000;
  return { now: () => time, sleep: async (ms: number) => void (time += ms) };
};

it('sends each once, at most `concurrency` at a time', async () => {
  let underWay = 0;
  let most = 0;
  const results = await sendAll({
    ...clock(),
    count: 10,
    concurrency: 3,
    onResult: () => {},
    send: async (index) => {
      most = Math.max(most, ++underWay);
      await Promise.resolve();
      underWay -= 1;
      return index;
    },
  });
  expect(results.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(most).toBe(3);
});

it('sends none before its turn', async () => {
  const { now, sleep } = clock();
  const send = async () => now() - 5000;
  const seen: number[] = [];
  await sendAll({ now, sleep, count: 4, concurrency: 1, rate: 50, send, onResult: (at) => seen.push(at) });
  expect(seen).toEqual([0, 20, 40, 60]);
});
