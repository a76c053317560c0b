import { setTimeout } from 'node:timers/promises';
import { type BatchProducer, type Logger, RingbackError } from '@ringback/contracts';
import type { Spool, SpooledBatch } from './spool.ts';

const MIN_WAIT_MS = 100;
const MAX_WAIT_MS = 2000;

export type Drain = {
  /** Runs until the spool is empty. `why` is logged. No effect while active. */
  begin(why?: unknown): void;
  /** False from the tick in which the spool was found empty. */
  active(): boolean;
  close(): Promise<void>;
};

export type DrainOptions = {
  readonly producer: Pick<BatchProducer, 'write' | 'notReadyReasons'>;
  readonly spool: Pick<Spool, 'oldest' | 'remove' | 'size'>;
  readonly now: () => number;
  readonly logger: Logger;
};

/** The batches of one round share a connection, which keeps their order. */
export function createDrain({ producer, spool, now, logger }: DrainOptions): Drain {
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
      const taken = await write(producer, batches);
      // MUST follow the writes: after a crash they are repeated under the same ids.
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

/** Returns the batches up to the first failure. */
async function write(producer: DrainOptions['producer'], batches: readonly SpooledBatch[]): Promise<SpooledBatch[]> {
  // Checked first: writes to a hanging Redis would pile up.
  if ((await producer.notReadyReasons()).length > 0) return [];
  const results = await Promise.allSettled(batches.map((batch) => producer.write(batch)));
  const failed = results.findIndex(({ status }) => status === 'rejected');
  return batches.slice(0, failed === -1 ? batches.length : failed);
}

/** At once after success, with backoff after failure. */
async function repeat(round: () => Promise<Round>, signal: AbortSignal): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    const result = await round();
    if (result === 'empty') return;
    failures = result === 'failed' ? failures + 1 : 0;
    if (failures > 0) await setTimeout(Math.min(MIN_WAIT_MS * 2 ** failures, MAX_WAIT_MS), undefined, { signal }).catch(() => {});
  }
}
