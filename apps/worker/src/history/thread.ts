import { parentPort, workerData } from 'node:worker_threads';
import { type Callback, type Logger, RingbackError } from '@ringback/contracts';
import { describeError } from '@ringback/observability';
import { createBodyCodec } from '@ringback/privacy';
import { createSources, type SourceStanza } from '@ringback/sources';
import type { HistoryConfig, HistoryWork } from './work.ts';
import { runLoops } from './run.ts';
import { wrapSecrets } from './secrets-for-thread.ts';
import { openStore } from './store.ts';

/** What the worker hands to its thread. */
export type ThreadSettings = {
  readonly config: HistoryConfig;
  readonly sources: readonly SourceStanza[];
  /** Of the settings file. */
  readonly folder: string;
  /** Numbers of the shards that the process serves. */
  readonly served: readonly number[];
  readonly consumer: string;
};

/** What the thread tells its worker: a log line, an output's lane that has work, or what was dropped. */
export type ThreadMessage =
  | ThreadLine
  | { readonly wake: string; readonly shard: number }
  | { readonly dropped: { readonly callbacks: number; readonly attempts: number } };
type ThreadLine = { readonly level: keyof Logger; readonly fields: object; readonly message: string };

const logger: Logger = { debug: tell('debug'), info: tell('info'), warn: tell('warn'), error: tell('error') };

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `history.ts` of this very process made it
await run(wrapSecrets(workerData) as ThreadSettings);
parentPort?.close();

/** Until the worker says stop. */
async function run({ config, sources, folder, served, consumer }: ThreadSettings): Promise<void> {
  const stopping = new AbortController();
  parentPort?.once('message', () => stopping.abort());
  const { signal: stop } = stopping;
  const store = await openStore({ place: config.history, folder, stop, logger });
  if (!store) return;
  await runLoops({ config, store, consumer, subjectsOf: createSubjectsOf(sources, config), stop, wake, dropped, logger }, served);
  await store.close();
}

/** ms that events wait in Redis for a key. New settings start the thread anew. */
const WAITS_FOR_KEY_MS = 600_000;

/** A source that left the settings, or knows of no subjects, has none. @throws RingbackError RB_KEY_MISSING: not yet */
function createSubjectsOf(stanzas: readonly SourceStanza[], { privacy }: HistoryConfig): HistoryWork['subjectsOf'] {
  const sources = new Map(createSources(stanzas).map((source) => [source.name, source]));
  const { open } = createBodyCodec(() => privacy?.encrypt);
  let missingSince: number | undefined;
  const stillWaits = () => performance.now() - (missingSince ??= performance.now()) < WAITS_FOR_KEY_MS;
  return (callback: Callback) => {
    try {
      return sources.get(callback.source)?.subjects?.(open(callback)) ?? {};
    } catch (error) {
      if (!(error instanceof RingbackError)) throw error;
      if (error.code === 'RB_KEY_MISSING' && stillWaits()) throw error;
      logger.error(
        { code: error.code, requestID: callback.id, reason: error.message },
        'the history lacks what a callback is about',
      );
      return {};
    }
  };
}

function wake(output: string, shard: number): void {
  send({ wake: output, shard });
}

function dropped({ callbacks, attempts }: Parameters<HistoryWork['dropped']>[0]): void {
  if (callbacks + attempts > 0) send({ dropped: { callbacks, attempts } });
}

function send(message: ThreadMessage): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- it is no window
  parentPort?.postMessage(message);
}

/** Lines go out where the worker's do: two writers would tear lines. */
function tell(level: keyof Logger): Logger['info'] {
  return (fields, message) => {
    const { err, ...rest } = { err: undefined, ...fields };
    send({ level, message, fields: { ...rest, ...(err !== undefined && { err: describeError(err) }) } });
  };
}
