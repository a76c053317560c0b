import { setImmediate as nextTurn } from 'node:timers/promises';
import type { BatchProducer, Batch, Logger, RingbackError } from '@ringback/contracts';
import { createDrain } from './drain.ts';
import type { Spool } from './spool.ts';

export type SpooledProducerOptions = {
  readonly producer: BatchProducer;
  readonly spool: Spool;
  /** Why a callback may not even be kept on disk: it would rest there until a person acts. */
  readonly refusal?: (() => RingbackError | undefined) | undefined;
  /** Monotonic, ms. */
  readonly now: () => number;
  readonly logger: Logger;
};

/**
 * After a failure of Redis all batches go to the spool until it is empty. This keeps the order, and nobody
 * waits for a timeout. A write that timed out may be repeated: its id finds its own claims.
 */
export function createSpooledProducer({ producer, spool, refusal, now, logger }: SpooledProducerOptions): BatchProducer {
  const drain = createDrain({ producer, spool, now, logger });
  if (spool.size() > 0) drain.begin();

  function keep(batch: Batch, why?: unknown): void {
    spool.put(batch);
    drain.begin(why);
  }

  return {
    async write(batch) {
      const refused = refusal?.();
      if (refused) throw refused;
      // A commit blocks the process: first read what has arrived, to share the next commit.
      if (drain.active()) await nextTurn();
      // The spool may be empty by now.
      if (!drain.active()) return producer.write(batch).catch((error: unknown) => keep(batch, error));
      try {
        keep(batch);
      } catch (error) {
        // Redis may be back: keeping the callback matters more than the order.
        await producer.write(batch).catch(() => {
          throw error;
        });
      }
    },
    opened: (within) => producer.opened(within),
    async notReadyReasons() {
      const reasons = await producer.notReadyReasons();
      if (reasons.length === 0) return [];
      if (refusal?.()) return reasons;
      const full = spool.refusal();
      return full ? [...reasons, `${full.code}: ${full.message}`] : [];
    },
    async close() {
      await drain.close();
      spool.close();
      await producer.close();
    },
  };
}
