import { callbackKey } from '@ringback/contracts';
import type { Ledger, Outcome } from '@ringback/ledger';
import type { DeliveryHandlers } from '@ringback/queue';
import type { TellEnded } from '../tell-ended.ts';

type DiedDeps = {
  readonly output: { readonly name: string };
  readonly ledger: Pick<Ledger, 'outcomes'>;
  readonly tellEnded?: TellEnded | undefined;
};

/** Tells of deliveries that died with their job. Undefined: nobody wants to know. */
export function createDied({ output, ledger, tellEnded }: DiedDeps): DeliveryHandlers['died'] {
  if (tellEnded === undefined) return undefined;
  return async ({ batch, callbacks, alone, reason, fault, code }) => {
    // If Redis fails here, a person still finds the dead letter. The job MUST NOT wait for it.
    const outcomes = await ledger.outcomes({ batch, output: output.name }, callbacks.map(callbackKey)).catch(() => undefined);
    if (outcomes === undefined) return;
    const open = callbacks.filter((_, index) => (alone ? !isOver(outcomes[index]) : isOpen(outcomes[index])));
    if (open.length === 0) return;
    await tellEnded({ output: output.name, batch, state: 'dead', reason, fault, code, callbacks: open });
  };
}

const isOver = (outcome: Outcome | undefined) => outcome === 'delivered' || outcome === 'dropped';

/** Of a batch: what has an outcome has ended, or has a job of its own. What has returned is in this batch. */
export const isOpen = (outcome: Outcome | undefined) => outcome === undefined || outcome === 'returned';
