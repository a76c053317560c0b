import { type Callback, callbackKey, type Logger, RingbackError } from '@ringback/contracts';
import type { Ledger } from '@ringback/ledger';
import type { DeliveryProducer, TakenBatch } from '@ringback/queue';
import type { Router } from '@ringback/routing';

export type DispatchDeps = {
  readonly ledger: Pick<Ledger, 'claim' | 'markDone'>;
  readonly router: Router;
  /** The way into each output's queue, by the output's name. */
  readonly deliveries: ReadonlyMap<string, Pick<DeliveryProducer, 'addBatch'>>;
  readonly logger: Logger;
};

/**
 * dedupe → route → one delivery per output. Safe to be cut off at any line and run again: claims name their batch, the delivery jobs' ids derive from it,
 * and only what is fanned out is marked done.
 */
export function createDispatch({ ledger, router, deliveries, logger }: DispatchDeps): (batch: TakenBatch) => Promise<void> {
  /** The settings allow no route to an unknown output; a callback MUST NOT get lost on one all the same. */
  function queueOf(output: string): Pick<DeliveryProducer, 'addBatch'> {
    const queue = deliveries.get(output);
    if (!queue) throw new RingbackError('RB_INTERNAL', `no queue for output ${output}`);
    return queue;
  }

  async function fanOut(batchId: string, perOutput: ReadonlyMap<string, Callback[]>): Promise<void> {
    await Promise.all([...perOutput].map(([output, callbacks]) => queueOf(output).addBatch(batchId, callbacks)));
  }

  return async ({ id, callbacks }) => {
    const { unique, repeats } = collapse(callbacks);
    const keys = [...unique.keys()];
    const claims = await ledger.claim(id, keys);
    const ours = [...unique.values()].filter((_, index) => claims[index] === 'ours');
    const duplicates = [...unique.values()].filter((_, index) => claims[index] === 'duplicate');

    const { perOutput, unrouted, conditionErrors } = routeAll(router, ours);
    await fanOut(id, perOutput);
    await ledger.markDone(id, ours.map(callbackKey));

    for (const { id: requestID, source, account, type } of unrouted)
      logger.warn({ requestID, source, account, type }, 'no route matched');
    const deliveriesPerOutput = Object.fromEntries([...perOutput].map(([output, routed]) => [output, routed.length]));
    logger.info(
      {
        batch: id,
        callbacks: callbacks.length,
        requestIDs: ours.map((callback) => callback.id),
        duplicates: [...repeats, ...duplicates].map((callback) => callback.id),
        unrouted: unrouted.length,
        deliveries: deliveriesPerOutput,
        ...(conditionErrors.length > 0 && { conditionErrors }),
      },
      'batch dispatched',
    );
  };
}

/** Repeats within one batch are one callback: the first. */
function collapse(callbacks: readonly Callback[]): { unique: Map<string, Callback>; repeats: Callback[] } {
  const unique = new Map<string, Callback>();
  const repeats: Callback[] = [];
  for (const callback of callbacks) {
    const key = callbackKey(callback);
    if (unique.has(key)) repeats.push(callback);
    else unique.set(key, callback);
  }
  return { unique, repeats };
}

type Routed = { perOutput: Map<string, Callback[]>; unrouted: Callback[]; conditionErrors: string[] };

function routeAll(router: Router, callbacks: readonly Callback[]): Routed {
  const perOutput = new Map<string, Callback[]>();
  const unrouted: Callback[] = [];
  const conditionErrors = new Set<string>();
  for (const callback of callbacks) {
    const { outputs, conditionErrors: errors } = router.route(callback);
    for (const error of errors) conditionErrors.add(error);
    if (outputs.length === 0) unrouted.push(callback);
    for (const output of outputs) perOutput.set(output, [...(perOutput.get(output) ?? []), callback]);
  }
  return { perOutput, unrouted, conditionErrors: [...conditionErrors] };
}
