import { HandBack } from '@ringback/queue';
import { describe, expect, it, vi } from 'vitest';
import { withHeadroom } from './headroom.ts';
import type { LaneFlow } from '../output/lane-flow.ts';

const callback = { id: '1', source: 's', account: 'a', type: 't', time: 0, receivedAt: 0, body: 'x'.repeat(100) };
const batch = { id: 'b', callbacks: [callback] };

type Flow = ReturnType<LaneFlow['flow']>;

function setUp({ pending = [0], flows = [], lasting = false }: { pending?: number[]; flows?: Flow[]; lasting?: boolean } = {}) {
  const state = { nearlyFull: true, room: Infinity, roomFound: Infinity, now: 0, pending, flows, asked: 0, looks: 0 };
  const ended: (() => void)[] = [];
  const dispatched: string[] = [];
  const stop = new AbortController();
  const gated = withHeadroom(
    async ({ id }) => {
      dispatched.push(id);
      if (lasting) await new Promise<void>((resolve) => ended.push(resolve));
    },
    {
      nearlyFull: () => state.nearlyFull,
      room: () => state.room,
      look: async () => {
        state.looks += 1;
        state.room = state.roomFound;
      },
      outputs: state.pending.map((_, index) => ({
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
  return { state, dispatched, ended, stop, gated };
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
    state.nearlyFull = false;
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

describe('batches side by side', () => {
  const aside = () => {
    const made = setUp({ lasting: true });
    made.state.nearlyFull = false;
    return made;
  };

  it('go at once while there is much room, and Redis is not asked for it', async () => {
    const { state, dispatched, gated } = aside();
    state.room = 4000;
    void gated(batch);
    void gated(batch);
    await vi.waitFor(() => expect(dispatched).toHaveLength(2));
    expect(state.looks).toBe(0);
  });

  it.each([
    ['where there is room for one only', { room: 1000, roomFound: 700 }],
    ['where there is no room at all', { room: -1, roomFound: -1 }],
  ])('go one by one %s, as Redis says when it is asked', async (_, room) => {
    const { state, dispatched, ended, gated } = aside();
    Object.assign(state, room);
    const all = [gated(batch), gated(batch)];
    await vi.waitFor(() => expect(state.looks).toBeGreaterThan(1));
    expect(dispatched).toHaveLength(1);
    ended[0]?.();
    await vi.waitFor(() => expect(ended).toHaveLength(2));
    ended[1]?.();
    await Promise.all(all);
  });
});
