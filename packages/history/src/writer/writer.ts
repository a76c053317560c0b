import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Logger, RingbackError } from '@ringback/contracts';
import { createRunScript, historyKeys } from '@ringback/redis';
import { createOutageReporter } from './outage-reporter.ts';
import { createStreamReader, type Portion, type StreamEntry, type StreamOptions } from '../hand-over/read-stream.ts';
import { NO_ROWS } from '../store/rows.ts';
import { rowsOf, type SubjectsOf } from './rows-of.ts';
import type { HistoryStore } from '../store/store.ts';
import { END_GAP, TAKE_GAP } from '../hand-over/stream-scripts.ts';

type WriterOptions = StreamOptions & {
  readonly store: Pick<HistoryStore, 'write'>;
  readonly subjectsOf: SubjectsOf;
  /** By Redis's clock. */
  readonly now: () => number;
  readonly stop: AbortSignal;
  /** ms to write what is left after `stop`. */
  readonly drainFor: number;
  readonly logger: Logger;
};

/** Between two writes that are not full: each costs a transaction. */
const PACE_MS = 100;
const AGAIN_AFTER_MS = { least: 200, most: 10_000 };
const LOOK_FOR_DEAD_AT_LEAST_EVERY_MS = 5000;
const LOOK_FOR_GAP_EVERY_MS = 1000;
const FORGET_EVERY_MS = 3_600_000;
/** A gap is written once nothing was dropped for so long, or in parts of a minute. */
const GAP = { quiet: 2000, longest: 60_000 };
const DROPPED = 'the buffer was full, or Redis was short of memory';
/** The same may be written later. Anything else is about the rows. */
const LATER = ['RB_HISTORY_UNAVAILABLE', 'RB_HISTORY_UNUSABLE', 'RB_KEY_MISSING'];

/**
 * Brings the events of one shard to the store, until `stop`. An entry leaves the stream after its transaction is
 * committed, so one may be written twice, and none is lost. Never rejects.
 */
export async function runWriter(options: WriterOptions): Promise<void> {
  const { stop, drainFor } = options;
  const outage = createOutageReporter(options.logger);
  const round = createRound(options);
  let failures = 0;
  const pause = (ms: number) => delay(ms, undefined, { signal: stop }).catch(() => {});
  while (!stop.aborted) {
    try {
      const full = await round(true);
      outage.over();
      failures = 0;
      if (!full) await pause(PACE_MS);
    } catch (error) {
      outage.began(error);
      failures += 1;
      await pause(Math.min(AGAIN_AFTER_MS.most, AGAIN_AFTER_MS.least * 2 ** (failures - 1)));
    }
  }
  if (failures === 0) await drain(round, drainFor).catch((error: unknown) => outage.began(error));
}

async function drain(round: (wait: boolean) => Promise<boolean>, ms: number): Promise<void> {
  const until = performance.now() + ms;
  while (performance.now() < until && (await round(false)));
}

/** Resolves to whether there may be more. */
function createRound(options: WriterOptions): (wait: boolean) => Promise<boolean> {
  const stream = createStreamReader(options);
  const write = createPortionWriter(options, stream);
  const writeGap = createGapWriter(options);
  const isTime = createTimes();
  // What this consumer, or an earlier life of it, has not finished.
  let unfinished = true;

  async function next(wait: boolean): Promise<Portion> {
    if (unfinished) {
      const own = await stream.own();
      if (!isEmpty(own)) return own;
      unfinished = false;
    }
    if (isTime('dead', Math.min(LOOK_FOR_DEAD_AT_LEAST_EVERY_MS, options.deadAfter ?? Infinity))) {
      const ofDead = await stream.ofDead();
      if (!isEmpty(ofDead)) return ofDead;
    }
    return stream.fresh(wait);
  }

  return async (wait) => {
    if (isTime('forget', FORGET_EVERY_MS)) await stream.forgetConsumers();
    const portion = await next(wait);
    const wasUnfinished = unfinished;
    unfinished = true;
    await write(portion);
    unfinished = wasUnfinished;
    if (isTime('gap', LOOK_FOR_GAP_EVERY_MS)) await writeGap();
    return portion.full || (!wait && portion.entries.length > 0);
  };
}

const isEmpty = ({ entries, unreadable, gone }: Portion) => entries.length + unreadable.length + gone.length === 0;

function createTimes(): (what: string, every: number) => boolean {
  const last = new Map<string, number>();
  return (what, every) => {
    const now = performance.now();
    if (now - (last.get(what) ?? -Infinity) < every) return false;
    last.set(what, now);
    return true;
  };
}

function createPortionWriter(options: WriterOptions, stream: ReturnType<typeof createStreamReader>) {
  const { store, subjectsOf, logger } = options;

  /** Rows that the store can never take MUST NOT hold up the others. */
  async function writeEntries(entries: readonly StreamEntry[]): Promise<void> {
    if (entries.length === 0) return;
    try {
      const events = entries.map(({ event }) => event);
      await store.write(rowsOf(events, subjectsOf));
    } catch (error) {
      if (error instanceof RingbackError && LATER.includes(error.code)) throw error;
      if (entries.length === 1) return setAside(entries, error);
      const half = Math.ceil(entries.length / 2);
      await writeEntries(entries.slice(0, half));
      await writeEntries(entries.slice(half));
    }
  }

  function setAside(entries: readonly { id: string }[], err?: unknown): void {
    if (entries.length === 0) return;
    const line = { code: 'RB_PAYLOAD_INVALID', entries: entries.map(({ id }) => id), ...(err !== undefined && { err }) };
    logger.error(line, 'events set aside: they cannot be written to the history');
  }

  return async ({ entries, unreadable, gone }: Portion): Promise<void> => {
    await writeEntries(entries);
    setAside(unreadable);
    await stream.done([...entries, ...unreadable, ...gone]);
  };
}

function createGapWriter({ redis, prefix, store, now, consumer }: WriterOptions): () => Promise<void> {
  const run = createRunScript(redis);
  const { state } = historyKeys(prefix);
  return async () => {
    const fresh = `${consumer}-${randomUUID()}`;
    const args = [String(now()), String(GAP.quiet), String(GAP.longest), fresh];
    const [id, from, to, callbacks, attempts] = (await run(TAKE_GAP, [state], args)).map(String);
    if (id === undefined) return;
    const row = { id, from: Number(from), to: Number(to), callbacks: Number(callbacks), attempts: Number(attempts) };
    await store.write({ ...NO_ROWS, gaps: [{ ...row, reason: DROPPED }] });
    await run(END_GAP, [state], [id]);
  };
}
