import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CallbackWriter, Batch, Logger } from '@ringback/contracts';
import { createDrain } from './drain.ts';
import type { Spool } from './spool.ts';

export type SpooledWriterOptions = {
  readonly writer: CallbackWriter;
  readonly spool: Spool;
  /** Monotonic, ms. */
  readonly now: () => number;
  readonly logger: Logger;
};

/**
 * After a failure of Redis all batches go to the spool until it is empty. This keeps the order, and nobody
 * waits for a timeout. A write that timed out may be repeated: its id finds its own claims.
 */
export function createSpooledWriter({ writer, spool, now, logger }: SpooledWriterOptions): CallbackWriter {
  const drain = createDrain({ writer, spool, now, logger });
  if (spool.size() > 0) drain.begin();

  function keep(batch: Batch, why?: unknown): void {
    spool.put(batch);
    drain.begin(why);
  }

  return {
    async write(batch) {
      // A commit blocks the process: first read what has arrived, to share the next commit.
      if (drain.active()) await nextTurn();
      // The spool may be empty by now.
      if (!drain.active()) return writer.write(batch).catch((error: unknown) => keep(batch, error));
      try {
        keep(batch);
      } catch (error) {
        // Redis may be back: keeping the callback matters more than the order.
        await writer.write(batch).catch(() => {
          throw error;
        });
      }
    },
    opened: (within) => writer.opened(within),
    async notReadyReasons() {
      const reasons = await writer.notReadyReasons();
      if (reasons.length === 0) return [];
      const refusal = spool.refusal();
      return refusal ? [...reasons, `${refusal.code}: ${refusal.message}`] : [];
    },
    async close() {
      await drain.close();
      spool.close();
      await writer.close();
    },
  };
}
