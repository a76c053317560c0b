import { setTimeout as delay } from 'node:timers/promises';
import { type DeliveryProducer, HandBack, type TakenBatch } from '@ringback/queue';
import type { LaneFlow } from './lane-flow.ts';

const LOOK_AGAIN_MS = 25;
const HOLD_FOR_MS = 10_000;
/** Jobs that an output may still have to work on when the next batch is begun. */
const FEW = 4;

export type HeadroomDeps = {
  /** True while Redis is nearly full. */
  readonly brimming: () => boolean;
  /** The way into each output's queue, and whether it moves. */
  readonly lanes: readonly { readonly producer: Pick<DeliveryProducer, 'pending'>; readonly flow: Pick<LaneFlow, 'flow'> }[];
  readonly stopping: AbortSignal;
  readonly now: () => number;
};

type Dispatch = (batch: TakenBatch) => Promise<void>;

/**
 * Fanning out needs memory for a moment before it frees any, and a Redis that is full to the last byte lets BullMQ finish nothing. So while it is nearly full, a batch waits until the outputs
 * that flow have only a few jobs left. One that is stuck or lags is not waited for: what comes for it is held, which takes less memory than the batch did. After 10 s the batch goes back to the
 * queue, and costs no attempt.
 */
export function withHeadroom(dispatch: Dispatch, { brimming, lanes, stopping, now }: HeadroomDeps): Dispatch {
  async function othersPending(): Promise<boolean> {
    const flowing = lanes.filter(({ flow }) => flow.flow() === 'flowing');
    return (await Promise.all(flowing.map(({ producer }) => producer.pending()))).some((count) => count >= FEW);
  }

  return async (batch) => {
    const until = now() + HOLD_FOR_MS;
    while (brimming() && (await othersPending())) {
      if (stopping.aborted || now() >= until) throw new HandBack();
      await delay(LOOK_AGAIN_MS, undefined, { signal: stopping }).catch(() => {});
    }
    await dispatch(batch);
  };
}
