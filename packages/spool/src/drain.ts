import { setTimeout } from 'node:timers/promises';
import { type CallbackWriter, type Logger, RingbackError } from '@ringback/contracts';
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
  readonly writer: Pick<CallbackWriter, 'write' | 'notReadyReasons'>;
  readonly spool: Pick<Spool, 'oldest' | 'remove' | 'size'>;
  readonly now: () => number;
  readonly logger: Logger;
};

/** Oldest first. The batches of one look go out side by side, over one connection, which keeps their order. */
export function createDrain({ writer, spool, now, logger }: DrainOptions): Drain {
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  let [active, diskFailed] = [false, false];
  let [since, drained] = [0, 0];

  function end(): Round {
    active = false;
    logger.info({ callbacks: drained, seconds: (now() - since) / 1000 }, 'spool drained');
    return 'empty';
  }

  async function round(): Promise<Round> {
    try {
      const batches = spool.oldest();
      if (batches.length === 0) return end();
      const taken = await write(writer, batches);
      // MUST follow the writes: a crash in between repeats them, under the same ids.
      if (taken.length > 0) spool.remove(taken);
      for (const { callbacks } of taken) drained += callbacks.length;
      diskFailed = false;
      return taken.length === batches.length ? 'moved' : 'failed';
    } catch (err) {
      if (!diskFailed) logger.error({ code: 'RB_SPOOL_FAILED', err }, 'spool failed');
      diskFailed = true;
      return 'failed';
    }
  }

  return {
    begin(why) {
      if (active) return;
      [active, since, drained] = [true, now(), 0];
      logger.warn({ ...reasonOf(why), callbacks: spool.size() }, 'spooling');
      running = repeat(round, stopping.signal);
    },
    active: () => active,
    async close() {
      stopping.abort();
      await running;
      if (spool.size() > 0) logger.warn({ callbacks: spool.size() }, 'callbacks stay in the spool');
    },
  };
}

function reasonOf(why: unknown): object {
  const code = why instanceof RingbackError ? why.code : 'RB_QUEUE_UNAVAILABLE';
  return why === undefined ? { code } : { code, err: why };
}

type Round = 'moved' | 'failed' | 'empty';

/** The first of the batches, as many as Redis took before one that it did not. What it took behind that one comes again, under the same id. */
async function write(writer: DrainOptions['writer'], batches: readonly SpooledBatch[]): Promise<SpooledBatch[]> {
  // Asked first: what is written to a Redis that hangs would pile up in the connection.
  if ((await writer.notReadyReasons()).length > 0) return [];
  const results = await Promise.allSettled(batches.map((batch) => writer.write(batch)));
  const failed = results.findIndex(({ status }) => status === 'rejected');
  return batches.slice(0, failed === -1 ? batches.length : failed);
}

/** Round after round until there is nothing left: at once after a success, ever later after failures. */
async function repeat(round: () => Promise<Round>, signal: AbortSignal): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    const result = await round();
    if (result === 'empty') return;
    failures = result === 'failed' ? failures + 1 : 0;
    if (failures > 0) await setTimeout(Math.min(MIN_WAIT_MS * 2 ** failures, MAX_WAIT_MS), undefined, { signal }).catch(() => {});
  }
}
