import { setTimeout } from 'node:timers/promises';
import type { CallbackWriter, Logger } from '@ringback/contracts';
import type { Spool, SpooledBatch } from './spool.ts';

const MIN_WAIT_MS = 100;
const MAX_WAIT_MS = 2000;

/** Takes what the spool holds to Redis. */
export type Drain = {
  /** Goes on until the spool is empty, with a line at each end. `why` is what kept Redis from taking a batch. Changes nothing where it is active. */
  begin(why?: unknown): void;
  /** Until the spool was found empty: from that very turn of the event loop on, Redis is written to directly. */
  active(): boolean;
  /** Ends after the writes under way; what is left stays in the spool. */
  close(): Promise<void>;
};

export type DrainOptions = {
  readonly writer: Pick<CallbackWriter, 'write' | 'hindrances'>;
  readonly spool: Pick<Spool, 'oldest' | 'remove' | 'size'>;
  readonly now: () => number;
  readonly logger: Logger;
};

/** Oldest first. The batches of one look go out side by side, over one connection, which keeps their order. */
export function createDrain({ writer, spool, now, logger }: DrainOptions): Drain {
  const stopping = new AbortController();
  let active = false;
  let running: Promise<void> | undefined;
  let since = 0;
  let drained = 0;
  let diskFailed = false;

  /** False where Redis did not take all of it; rejects where the disk failed. */
  async function move(batches: readonly SpooledBatch[]): Promise<boolean> {
    // Asked first: what is written to a Redis that hangs would pile up in the connection.
    if ((await writer.hindrances()).length > 0) return false;
    const results = await Promise.allSettled(batches.map((batch) => writer.write(batch)));
    const taken = batches.filter((_, index) => results[index]?.status === 'fulfilled');
    // MUST follow the writes: a crash in between repeats them, under the same ids.
    spool.remove(taken);
    drained += taken.reduce((sum, { callbacks }) => sum + callbacks.length, 0);
    return taken.length === batches.length;
  }

  /** Looks once and moves what it finds. True: all of that went; undefined: there was nothing left. */
  async function round(): Promise<boolean | undefined> {
    try {
      const batches = spool.oldest();
      if (batches.length > 0) {
        const moved = await move(batches);
        diskFailed = false;
        return moved;
      }
      active = false;
      logger.info({ callbacks: drained, seconds: (now() - since) / 1000 }, 'spool drained');
      return undefined;
    } catch (err) {
      if (!diskFailed) logger.error({ code: 'RB_SPOOL_FAILED', err }, 'spool failed');
      diskFailed = true;
      return false;
    }
  }

  async function run(): Promise<void> {
    let failures = 0;
    while (!stopping.signal.aborted) {
      const moved = await round();
      if (moved === undefined) return;
      failures = moved ? 0 : failures + 1;
      if (!moved) await setTimeout(Math.min(MIN_WAIT_MS * 2 ** failures, MAX_WAIT_MS), undefined, { signal: stopping.signal }).catch(() => {});
    }
  }

  return {
    begin(why) {
      if (active) return;
      active = true;
      since = now();
      drained = 0;
      logger.warn({ code: 'RB_QUEUE_UNAVAILABLE', callbacks: spool.size(), ...(why !== undefined && { err: why }) }, 'spooling');
      running = run();
    },
    active: () => active,
    async close() {
      stopping.abort();
      await running;
      if (spool.size() > 0) logger.warn({ callbacks: spool.size() }, 'callbacks stay in the spool');
    },
  };
}
