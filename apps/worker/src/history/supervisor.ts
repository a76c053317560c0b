import type { Worker } from 'node:worker_threads';
import type { Logger } from '@ringback/contracts';
import type { ThreadMessage } from './thread.ts';

const AGAIN_AFTER_MS = { least: 1000, most: 60_000 };
/** A thread that ran for so long starts anew at the shortest wait. */
const RAN_WELL_MS = 60_000;
const STOPS_WITHIN_MS = 5000;

export type HistoryThread = {
  /** Writes what is left, for a bounded time. MUST come after all work has ended. */
  close(): Promise<void>;
};

/** What comes from the thread. */
export type Told = {
  /** The output's lane in this shard has something to feed. */
  readonly wake: (output: string, shard: number) => void;
  /** Counts what the thread dropped. */
  readonly historyDropped?: ((dropped: { readonly callbacks: number; readonly attempts: number }) => void) | undefined;
  readonly logger: Logger;
};

/** A thread that ends by itself is started again, later each time. It never ends the process. */
export function keepRunning(create: () => Worker, { wake, historyDropped, logger }: Told): HistoryThread {
  let [failures, closed] = [0, false];
  let running: Worker | undefined;
  let timer: NodeJS.Timeout | undefined;

  function start(): void {
    const started = performance.now();
    const worker = create();
    let reason: string | undefined;
    worker.on('message', (said: ThreadMessage) => {
      if ('wake' in said) wake(said.wake, said.shard);
      else if ('dropped' in said) historyDropped?.(said.dropped);
      else logger[said.level](said.fields, said.message);
    });
    worker.on('error', (error: unknown) => (reason = error instanceof Error ? error.message : 'unknown'));
    worker.once('exit', (exitCode) => {
      running = undefined;
      if (closed) return;
      failures = performance.now() - started > RAN_WELL_MS ? 1 : failures + 1;
      const afterMs = Math.min(AGAIN_AFTER_MS.most, AGAIN_AFTER_MS.least * 2 ** (failures - 1));
      const line = { code: 'RB_INTERNAL', exitCode, reason, afterMs };
      logger.error(line, 'the thread of the history ended, and is started again');
      timer = setTimeout(start, afterMs).unref();
    });
    running = worker;
  }

  start();
  return {
    async close() {
      closed = true;
      clearTimeout(timer);
      if (running) await stop(running);
    },
  };
}

async function stop(worker: Worker): Promise<void> {
  const ended = new Promise<void>((done) => worker.once('exit', () => done()));
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- it is no window
  worker.postMessage('stop');
  const late = setTimeout(() => void worker.terminate(), STOPS_WITHIN_MS);
  await ended;
  clearTimeout(late);
}
