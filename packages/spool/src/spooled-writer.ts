import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CallbackWriter, Batch, Logger } from '@ringback/contracts';
import { createDrain } from './drain.ts';
import type { Spool } from './spool.ts';

export type SpooledWriterOptions = {
  /** Redis. */
  readonly writer: CallbackWriter;
  /** Closed with the writer. */
  readonly spool: Spool;
  /** ms. Only differences count. */
  readonly now: () => number;
  readonly logger: Logger;
};

/**
 * Writes to Redis and, where Redis does not take a batch, to the spool; from then on, for the sake of order and so that no one waits for Redis's timeout, everything goes to the spool until the
 * last of it is in Redis. A write that was given up may have happened all the same: the batch comes again under its own id, and a worker tells it by its claims.
 */
export function createSpooledWriter({ writer, spool, now, logger }: SpooledWriterOptions): CallbackWriter {
  const drain = createDrain({ writer, spool, now, logger });
  // What an earlier process left goes first.
  if (spool.size() > 0) drain.begin();

  function keep(batch: Batch, why?: unknown): void {
    spool.put(batch);
    drain.begin(why);
  }

  return {
    async write(batch) {
      // A commit blocks the process: what has arrived by now is read first, and goes together in the next one.
      if (drain.active()) await nextTurn();
      // Asked again: the last batch may have gone meanwhile.
      if (!drain.active()) return writer.write(batch).catch((error: unknown) => keep(batch, error));
      try {
        keep(batch);
      } catch (error) {
        // Redis may be back, with the spool still full: order is worth less than the callback.
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
