import { createLineQueue } from './line-queue.ts';

/** Writes as much as there is room for now, and returns how many bytes. MUST NOT wait. @throws as `fs.writev`: EAGAIN when there is no room */
type WriteNow = (buffers: readonly Buffer[]) => number;

/** All that a process writes to standard output: its log, and the lines of its `stdout` outputs. Nothing waits for whoever reads, and no line is torn. */
export type StdoutWriter = {
  /** Takes a line of the log, its line break included. It is dropped and counted when too much waits already. Never throws. */
  readonly log: (line: string) => void;
  /** Writes one line. Resolves once the operating system has it; rejects when it cannot be written, or with the signal's reason. */
  readonly writeLine: (line: string, signal?: AbortSignal) => Promise<void>;
  /** Hears how many lines of the log were dropped, when there is room again. The newest listener does. */
  readonly onDropped: (tell: (lines: number) => void) => void;
  /** Writes all that waits, and holds the process up for at most `withinMs`. */
  readonly flush: (withinMs: number) => void;
};

export type StdoutWriterOptions = {
  readonly write: WriteNow;
  /** How much of the log may wait, and how much of the outputs. Bytes. */
  readonly maxWaiting?: number;
};

const MAX_WAITING = 2 * 1024 * 1024;
/** Nobody reads just now; or the disk is full, or the pipe is closed. ms. */
const RETRY_AFTER_MS = { full: 20, failed: 500 } as const;
const FLUSH_LOOKS_EVERY_MS = 5;

export function createStdoutWriter({ write, maxWaiting = MAX_WAITING }: StdoutWriterOptions): StdoutWriter {
  const queue = createLineQueue();
  const log = createLog();
  const schedule = createSchedule({ run: writeAll, onFailure: (error) => queue.giveUpAll(error) });

  /** What was logged goes before what comes now. */
  function queueLog(): void {
    const text = log.take();
    if (text !== '') queue.push(Buffer.from(text));
  }

  /** @throws when not all could be written */
  function writeAll(): void {
    do {
      queueLog();
      while (!queue.isEmpty()) queue.written(write(queue.next()) || noRoom());
    } while (log.tellDropped());
  }

  return {
    log(line) {
      if (log.size() + queue.sizes.log + line.length > maxWaiting) log.drop();
      else log.add(line);
      schedule();
    },
    async writeLine(line, signal) {
      signal?.throwIfAborted();
      const { waitedFor } = queue.sizes;
      // A single line always has room, however long it is.
      if (waitedFor > 0 && waitedFor + line.length > maxWaiting) {
        throw new Error('too much waits to be written to standard output');
      }
      queueLog();
      const { promise: done, ...waiting } = Promise.withResolvers<void>();
      const entry = queue.push(Buffer.from(`${line}\n`), waiting);
      const giveUp = () => queue.giveUp(entry, signal?.reason);
      signal?.addEventListener('abort', giveUp, { once: true });
      schedule();
      await done.finally(() => signal?.removeEventListener('abort', giveUp));
    },
    onDropped: log.onDropped,
    flush: (withinMs) => flushWithin(withinMs, writeAll),
  };
}

/**
 * Runs `run` once for each turn of the event loop in which it is asked for: lines that go out in one write cost half as much. When it fails, it is run again after a while, and
 * not before, however often it is asked for.
 */
function createSchedule({ run, onFailure }: { run: () => void; onFailure: (error: unknown) => void }): () => void {
  let scheduled = false;

  function runNow(): void {
    try {
      scheduled = false;
      run();
    } catch (error) {
      scheduled = true;
      const isFull = codeOf(error) === 'EAGAIN';
      if (!isFull) onFailure(error);
      setTimeout(runNow, isFull ? RETRY_AFTER_MS.full : RETRY_AFTER_MS.failed).unref();
    }
  }

  return () => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(runNow);
  };
}

/** The log's lines that are not yet on their way out, and a count of those for which there was no room. */
function createLog() {
  let text = '';
  let dropped = 0;
  let tell: ((lines: number) => void) | undefined;
  return {
    size: () => text.length,
    add: (line: string) => void (text += line),
    drop: () => void (dropped += 1),
    take(): string {
      const taken = text;
      text = '';
      return taken;
    },
    /** True when there was something to tell, which makes a line. */
    tellDropped(): boolean {
      if (dropped === 0) return false;
      const lines = dropped;
      dropped = 0;
      tell?.(lines);
      return true;
    },
    onDropped: (listener: (lines: number) => void) => void (tell = listener),
  };
}

function noRoom(): never {
  throw Object.assign(new Error('nothing was written'), { code: 'EAGAIN' });
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function flushWithin(ms: number, writeAll: () => void): void {
  const until = performance.now() + ms;
  const clock = new Int32Array(new SharedArrayBuffer(4));
  for (;;) {
    try {
      return writeAll();
    } catch (error) {
      if (codeOf(error) !== 'EAGAIN' || performance.now() >= until) return;
      Atomics.wait(clock, 0, 0, FLUSH_LOOKS_EVERY_MS);
    }
  }
}
