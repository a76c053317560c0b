import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { dirname, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Config } from '@ringback/config';
import { type HistoryThread, keepRunning, type Told } from './supervisor.ts';
import { seal } from './seal.ts';
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

/** Runs the thread of the history beside the worker. If it dies it is started again, and the worker goes on. */
export function startHistory(options: HistoryThreadOptions): HistoryThread | undefined {
  const { config, settingsPath, served, ...told } = options;
  if (config.history === undefined) return undefined;
  const thread = {
    workerData: threadData(config, settingsPath, served),
    resourceLimits: { maxOldGenerationSizeMb: MOST_HEAP },
    name: 'history',
  };
  return keepRunning(() => new Worker(THREAD, thread), told);
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
