import { setTimeout as delay } from 'node:timers/promises';
import { type DeliveryProducer, HandBack, type TakenBatch } from '@ringback/queue';
import type { LaneFlow } from './lane-flow.ts';

const LOOK_AGAIN_MS = 25;
const HOLD_FOR_MS = 10_000;
/** Jobs that an output may still have to work on when the next batch is begun. */
const FEW = 4;
/** What a batch takes in Redis while it is fanned out, as a multiple of its bodies: they are stored, and stand in the buffers of the connection and of the script. */
const COPIES = 4;

export type HeadroomDeps = {
  /** True while Redis is nearly full. */
  readonly nearlyFull: () => boolean;
  /** Bytes until Redis is nearly full, as of the last look. */
  readonly room: () => number;
  /** Looks at Redis now. */
  readonly look: () => Promise<void>;
  /** Each output's queue, and whether it moves. */
  readonly outputs: readonly { readonly producer: Pick<DeliveryProducer, 'pending'>; readonly flow: Pick<LaneFlow, 'flow'> }[];
  readonly stopping: AbortSignal;
  readonly now: () => number;
};

type Dispatch = (batch: TakenBatch) => Promise<void>;

/**
 * Fanning out needs memory before it frees any, and a Redis that is full to the last byte lets BullMQ finish nothing. So batches are fanned out side by side only if there is room for all of
 * them. While Redis is nearly full, a batch waits until the outputs that flow have only a few jobs left. It waits for no output that is stuck or lags: what comes for that one is held, which
 * takes less memory than the batch did. After 10 s the batch goes back to the queue, and costs no attempt.
 */
export function withHeadroom(dispatch: Dispatch, deps: HeadroomDeps): Dispatch {
  const { nearlyFull, room, look, stopping, now } = deps;
  /** Bytes of the batches that are being fanned out. */
  let underWay = 0;

  async function begins(bytes: number): Promise<boolean> {
    // What is known of Redis may be older than the batches that ended since.
    if (underWay > 0 && room() < 2 * (underWay + bytes)) await look();
    if (nearlyFull() && (await othersPending(deps))) return false;
    // One alone always may: only work makes room.
    if (underWay > 0 && underWay + bytes > room()) return false;
    underWay += bytes;
    return true;
  }

  return async (batch) => {
    const bytes = COPIES * batch.callbacks.reduce((sum, { body }) => sum + body.length, 0);
    const until = now() + HOLD_FOR_MS;
    while (!(await begins(bytes))) {
      if (stopping.aborted || now() >= until) throw new HandBack();
      await delay(LOOK_AGAIN_MS, undefined, { signal: stopping }).catch(() => {});
    }
    try {
      await dispatch(batch);
    } finally {
      underWay -= bytes;
    }
  };
}

async function othersPending({ outputs }: HeadroomDeps): Promise<boolean> {
  const flowing = outputs.filter(({ flow }) => flow.flow() === 'flowing');
  return (await Promise.all(flowing.map(({ producer }) => producer.pending()))).some((count) => count >= FEW);
}
