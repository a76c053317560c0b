import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { dirname, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Config } from '@ringback/config';
import { type HistoryThread, keepRunning, type Told } from './supervisor.ts';
import { revealSecrets } from './secrets-for-thread.ts';
import type { ThreadSettings } from './thread.ts';

/** In the published package it is bundled. */
const THREAD = new URL(import.meta.url.endsWith('.ts') ? './thread.ts' : './history-thread.js', import.meta.url);
/** MiB. A thread that needs more ends, and not the worker. */
const MOST_HEAP = 512;

export type HistoryThreadOptions = Told & {
  readonly config: Config;
  readonly settingsPath: string;
  readonly served: readonly number[];
};

export type History = HistoryThread & {
  /** The thread starts anew if these settings concern it. */
  reload(config: Config): void;
};

/** Runs the thread of the history beside the worker. If it dies it is started again, and the worker goes on. */
export function startHistory(given: HistoryThreadOptions): History | undefined {
  const { config: first, settingsPath, served, ...told } = given;
  if (first.history === undefined) return undefined;
  let data = threadData(first, settingsPath, served);
  const options = { resourceLimits: { maxOldGenerationSizeMb: MOST_HEAP }, name: 'history' };
  const create = () => new Worker(THREAD, { ...options, workerData: data });
  let thread = keepRunning(create, told);
  let [changing, closed] = [Promise.resolve(), false];

  async function change(): Promise<void> {
    await thread.close();
    if (!closed) thread = keepRunning(create, told);
  }

  return {
    reload(config) {
      const next = { ...threadData(config, settingsPath, served), consumer: data.consumer };
      if (JSON.stringify(next) === JSON.stringify(data)) return;
      data = next;
      changing = changing.then(change);
    },
    async close() {
      closed = true;
      await changing;
      await thread.close();
    },
  };
}

function threadData(config: Config, settingsPath: string, served: readonly number[]) {
  const { redis, dedupe, worker, quarantine, history, privacy, outputs, sources } = config;
  const deliveries = outputs.map(({ name, type, delivery }) => ({ name, type, delivery }));
  const stanzas = sources.map(({ name, type, settings }) => ({ name, type, settings }));
  return {
    config: revealSecrets({ redis, dedupe, worker, quarantine, history, privacy, outputs: deliveries }, 'kept'),
    // A worker verifies nothing, and may not have the secrets of sources.
    sources: revealSecrets(stanzas, 'left out'),
    folder: dirname(resolve(settingsPath)),
    served,
    consumer: `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`,
  } satisfies Record<keyof ThreadSettings, unknown>;
}
