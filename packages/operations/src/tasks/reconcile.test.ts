import type { TaskStory } from '@ringback/history';
import { expect, it } from 'vitest';
import { T } from '../test-history.ts';
import { reconcile } from './reconcile.ts';
import { missingInWords } from './words.ts';

const progress = { state: 'completed', orders: 10, ordersFinished: 10, calls: 12 };
const story: TaskStory = {
  source: 'callbot',
  account: 'main',
  task: 'T1',
  firstAt: T,
  lastAt: T + 5000,
  progress,
  received: { orders: 7, ordersFinished: 7, calls: 12 },
  history: [{ at: T + 4000, ...progress }],
  ordersMissing: ['O2', 'O5'],
  ordersMissingCount: 2,
};
const words = (more: Partial<TaskStory>, gaps: Parameters<typeof reconcile>[1] = []) => {
  const one = { ...story, ...more };
  return missingInWords(one, reconcile(one, gaps));
};

it('names the orders that calls name, and says that of the others only their number is known', () => {
  expect(reconcile(story, [])).toMatchObject({ orders: { announced: 10, received: 7, missing: 3 }, unnamedOrders: 1 });
  expect(words({})).toEqual([
    'At 2026-11-24T09:00:04.000Z the task counted 10 finished orders; 7 came with their own callback: 3 are missing.',
    'Which 1 of them are is not known: no call names them, and the task only counts.',
    "Calls came, and not the order's own callback, of 2 orders: O2, O5.",
  ]);
});

it('says so if nothing is missing, if the task goes on, and if it never told its counters', () => {
  const whole = { received: { orders: 10, ordersFinished: 10, calls: 12 }, ordersMissing: [], ordersMissingCount: 0 };
  expect(words(whole)).toEqual(['Nothing is missing of what the task has counted.']);
  const goesOn = 'The task goes on: callbacks may still be on their way.';
  expect(words({ ...whole, progress: { ...progress, state: 'in_progress' } }).at(-1)).toBe(goesOn);
  expect(words({ ...whole, progress: undefined, history: [] })).toEqual([
    'The task itself has told no counters: how many orders and calls there are is not known.',
  ]);
});

it('tells a URL that was never given, and a gap of the history, from callbacks that were lost', () => {
  const gap = { id: 'g', from: T + 1, to: T + 2, callbacks: 4, attempts: 0, reason: 'the buffer was full' };
  const lines = words({ received: { orders: 0, ordersFinished: 0, calls: 9 }, ordersMissingCount: 9 }, [
    gap,
    { ...gap, to: T - 1, from: T - 2 },
  ]);
  expect(lines).toEqual([
    'The task counted 12 calls; 9 came: 3 are missing. Which is not known: the task only counts.',
    'Not one order callback came, though the task counts orders: perhaps its URL (orderCallbackUrl) is not given for this task.',
    'The history was not written from 2026-11-24T09:00:00.001Z to 2026-11-24T09:00:00.002Z (the buffer was full): 4 callbacks are not in it, and may be among these.',
  ]);
});
