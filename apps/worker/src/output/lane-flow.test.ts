import type { Bodies } from '@ringback/queue';
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { createLaneFlow } from './lane-flow.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const unused = async (): Promise<never> => {
  throw new Error('not to be called');
};

/** A lane's flow over a queue and held batches that the test sets. */
function setUp(now: { waiting: number; held: number; failures?: number; delayed?: number; parks?: boolean }) {
  const looked = vi.fn(async () => ({
    waiting: now.waiting,
    delayed: now.delayed ?? 0,
    paused: false,
    held: now.held,
    heldDeliveries: now.held,
    bytes: 0,
  }));
  const warn = vi.fn();
  const fed = vi.fn(async () => {});
  const bodies: Bodies = {
    store: unused,
    read: unused,
    release: unused,
    handOver: unused,
    held: async () => ['b1'],
    fed,
  };
  const flow = createLaneFlow({
    output: 'crm',
    alone: false,
    producer: { look: looked, addBatch: unused, addReferences: async () => {}, addRefused: unused },
    bodies,
    breaker: () => 'closed',
    failures: () => now.failures ?? 0,
    nearlyFull: () => false,
    most: () => (now.parks === undefined ? undefined : { bytes: 1_048_576, held: 20 }),
    parks: now.parks ?? false,
    errors: (error) => expect.unreachable(String(error)),
    logger: { debug: () => {}, info: () => {}, warn, error: () => {} },
  });
  onTestFinished(() => flow.close());
  return { looked, fed, warn };
}

it.each([
  ['its queue is full', { waiting: 500, held: 5 }],
  ['it fails and has many retries', { waiting: 0, held: 5, failures: 10, delayed: 1000 }],
])('looks seldom while it can feed nothing, since %s', async (_, now) => {
  const { looked, fed } = setUp(now);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(looked.mock.calls.length).toBeLessThan(60);
  expect(fed).not.toHaveBeenCalled();
});

it('feeds its queue again soon, as long as there is room', async () => {
  const now = { waiting: 500, held: 5 };
  const { fed } = setUp(now);
  await vi.advanceTimersByTimeAsync(100);
  now.waiting = 0;
  await vi.advanceTimersByTimeAsync(400);
  expect(fed.mock.calls.length).toBeGreaterThan(5);
});

it.each([
  [false, 21, 'output has more waiting than its backlog allows'],
  [true, 40, undefined],
  [true, 41, 'output has more than twice its backlog waiting: parking does not keep up'],
])('warns with the bounds of the settings; parks: %s, held: %i', async (parks, held, message) => {
  const { warn } = setUp({ waiting: 500, held, parks });
  await vi.advanceTimersByTimeAsync(5000);
  const bounds = { code: 'RB_OUTPUT_BACKLOG', most: 1_048_576, mostHeld: 20, heldDeliveries: held };
  const line = { output: 'crm', bytes: 0, heldBatches: held, ...bounds };
  expect(warn.mock.calls).toEqual(message === undefined ? [] : [[line, message]]);
});
