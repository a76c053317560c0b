import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { dirname, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Config } from '@ringback/config';
import type { Logger } from '@ringback/contracts';
import { seal } from './history-seal.ts';
import type { ThreadMessage, ThreadSettings } from './history-thread.ts';

/** In the published package it is bundled. */
const THREAD = new URL(import.meta.url.endsWith('.ts') ? './history-thread.ts' : './history-thread.js', import.meta.url);
const AGAIN_AFTER_MS = { least: 1000, most: 60_000 };
/** A thread that ran for so long starts anew at the shortest wait. */
const RAN_WELL_MS = 60_000;
const STOPS_WITHIN_MS = 5000;
/** MiB. A thread that needs more ends, and not the worker. */
const MOST_HEAP = 512;

export type HistoryThreadOptions = {
  readonly config: Config;
  readonly settingsPath: string;
  readonly served: readonly number[];
  /** The output's lane in this shard has something to feed. */
  readonly wake: (output: string, shard: number) => void;
  readonly logger: Logger;
};

export type HistoryThread = {
  /** Writes what is left, for a bounded time. MUST come after all work has ended. */
  close(): Promise<void>;
};

/** Runs the thread of the history beside the worker. If it dies it is started again, and the worker goes on. */
export function startHistory({ config, settingsPath, served, wake, logger }: HistoryThreadOptions): HistoryThread | undefined {
  if (config.history === undefined) return undefined;
  const options = {
    workerData: threadData(config, settingsPath, served),
    resourceLimits: { maxOldGenerationSizeMb: MOST_HEAP },
    name: 'history',
  };
  const thread = keepRunning(() => new Worker(THREAD, options), { wake, logger });
  return { close: thread.close };
}

type Told = Pick<HistoryThreadOptions, 'wake' | 'logger'>;

function keepRunning(create: () => Worker, { wake, logger }: Told): { readonly close: () => Promise<void> } {
  let [failures, closed] = [0, false];
  let running: Worker | undefined;
  let timer: NodeJS.Timeout | undefined;

  function start(): void {
    const started = performance.now();
    const worker = create();
    let reason: string | undefined;
    worker.on('message', (said: ThreadMessage) => {
      if ('wake' in said) wake(said.wake, said.shard);
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

function threadData(config: Config, settingsPath: string, served: readonly number[]): unknown {
  const { redis, dedupe, worker, quarantine, history, outputs, sources } = config;
  const deliveries = outputs.map(({ name, type, delivery }) => ({ name, type, delivery }));
  const stanzas = sources.map(({ name, type, settings }) => ({ name, type, settings }));
  return {
    config: seal({ redis, dedupe, worker, quarantine, history, outputs: deliveries }, 'kept'),
    // A worker verifies nothing, and may not have the secrets of sources.
    sources: seal(stanzas, 'left out'),
    folder: dirname(resolve(settingsPath)),
    served,
    consumer: `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`,
  } satisfies Record<keyof ThreadSettings, unknown>;
}
