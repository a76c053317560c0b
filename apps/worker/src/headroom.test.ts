import { HandBack } from '@ringback/queue';
import { describe, expect, it, vi } from 'vitest';
import { withHeadroom } from './headroom.ts';
import type { LaneFlow } from './lane-flow.ts';

const batch = { id: 'b', callbacks: [] };

type Flow = ReturnType<LaneFlow['flow']>;

function setUp({ pending = [0], flows = [] }: { pending?: number[]; flows?: Flow[] } = {}) {
  const state = { brimming: true, now: 0, pending, flows, asked: 0 };
  const dispatched: string[] = [];
  const stop = new AbortController();
  const gated = withHeadroom(
    async ({ id }) => {
      dispatched.push(id);
    },
    {
      brimming: () => state.brimming,
      lanes: state.pending.map((_, index) => ({
        producer: {
          pending: async () => {
            state.asked += 1;
            return state.pending[index] ?? 0;
          },
        },
        flow: { flow: () => state.flows[index] ?? 'flowing' },
      })),
      stopping: stop.signal,
      now: () => state.now,
    },
  );
  return { state, dispatched, stop, gated };
}

describe('while Redis is nearly full', () => {
  it('a batch waits for the deliveries of every output that flows', async () => {
    const { state, dispatched, gated } = setUp({ pending: [0, 30] });
    const done = gated(batch);
    await vi.waitFor(() => expect(state.asked).toBeGreaterThan(4), 5000);
    expect(dispatched).toEqual([]);
    state.pending[1] = 0;
    await done;
    expect(dispatched).toEqual(['b']);
  });

  it('a batch waits for no output that is stuck or lags, nor for the last few deliveries of one that flows', async () => {
    const { dispatched, gated } = setUp({ pending: [300, 300, 3], flows: ['stuck', 'lagging', 'flowing'] });
    await gated(batch);
    expect(dispatched).toEqual(['b']);
  });

  it('a batch goes as soon as there is room', async () => {
    const { state, dispatched, gated } = setUp({ pending: [30] });
    const done = gated(batch);
    state.brimming = false;
    await done;
    expect(dispatched).toEqual(['b']);
  });

  it('a batch goes where only dispatching can make room', async () => {
    const { dispatched, gated } = setUp();
    await gated(batch);
    expect(dispatched).toEqual(['b']);
  });

  it('a batch goes back to the queue when it has waited long, or the process is to stop', async () => {
    const late = setUp({ pending: [30] });
    const held = late.gated(batch);
    late.state.now = 10_000;
    await expect(held).rejects.toBeInstanceOf(HandBack);
    const stopped = setUp({ pending: [30] });
    const cut = stopped.gated(batch);
    stopped.stop.abort();
    await expect(cut).rejects.toBeInstanceOf(HandBack);
    expect([...late.dispatched, ...stopped.dispatched]).toEqual([]);
  });
});
