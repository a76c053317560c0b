import { type Callback, type Logger, RingbackError } from '@ringback/contracts';
import { createRepeats } from '@ringback/observability';
import { HandBack, type TakenBatch } from '@ringback/queue';

/** ms until the batch is taken again: another worker may have the key, and this one may get it by a reload. */
const LOOK_AGAIN = { first: 5000, most: 60_000 };
/** It waits for a tenth of its age: many batches that wait for long MUST NOT keep worker and Redis busy. */
const PART_OF_AGE = 0.1;
/** Batches a minute. */
const MOST_LINES = 5;

type Options = {
  readonly open: (callback: Callback) => Callback;
  /** ms since the epoch. */
  readonly now: () => number;
  readonly logger: Logger;
};

/**
 * Opens every body of a batch before anything is claimed. A batch whose key is missing waits in its queue and loses no
 * attempt. @throws HandBack then. @throws RingbackError RB_BODY_TAMPERED: no key helps
 */
export function createOpenable({ open, now, logger }: Options): (batch: TakenBatch) => void {
  const repeats = createRepeats({ logger, message: 'more callbacks cannot be decrypted' });
  return ({ id, callbacks }) => {
    try {
      for (const callback of callbacks) open(callback);
    } catch (error) {
      if (!(error instanceof RingbackError)) throw error;
      const { code, message: reason } = error;
      if (repeats.isLogged({ code }, MOST_LINES))
        logger.error({ code, batch: id, callbacks: callbacks.length, reason }, 'callbacks cannot be decrypted');
      if (code !== 'RB_KEY_MISSING') throw error;
      throw new HandBack({ afterMs: waitAt(now() - (callbacks[0]?.receivedAt ?? 0)) });
    }
  };
}

const waitAt = (ageMs: number) => Math.round(Math.min(Math.max(ageMs * PART_OF_AGE, LOOK_AGAIN.first), LOOK_AGAIN.most));
