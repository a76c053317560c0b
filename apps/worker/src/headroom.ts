import { setTimeout as delay } from 'node:timers/promises';
import { type DeliveryProducer, HandBack, type TakenBatch } from '@ringback/queue';

const LOOK_AGAIN_MS = 100;
const HOLD_FOR_MS = 10_000;

export type HeadroomDeps = {
  /** True while Redis is nearly full. */
  readonly brimming: () => boolean;
  /** The way into each output's queue. */
  readonly lanes: readonly Pick<DeliveryProducer, 'pending'>[];
  readonly stopping: AbortSignal;
  readonly now: () => number;
};

type Dispatch = (batch: TakenBatch) => Promise<void>;

/**
 * Fanning out needs memory before it frees any: a callback becomes a delivery per output, and a Redis that is full to the last byte lets BullMQ finish nothing. So while
 * it is nearly full, a batch waits for the deliveries that are there already; where there are none, only dispatching can make room. After 10 s it goes back
 * to the queue, and costs no attempt.
 */
export function withHeadroom(dispatch: Dispatch, { brimming, lanes, stopping, now }: HeadroomDeps): Dispatch {
  const othersPending = async () => (await Promise.all(lanes.map((lane) => lane.pending()))).some((count) => count > 0);

  return async (batch) => {
    const until = now() + HOLD_FOR_MS;
    while (brimming() && (await othersPending())) {
      if (stopping.aborted || now() >= until) throw new HandBack();
      await delay(LOOK_AGAIN_MS, undefined, { signal: stopping }).catch(() => {});
    }
    await dispatch(batch);
  };
}
