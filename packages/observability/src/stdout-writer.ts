import { createLineQueue, linesIn } from './line-queue.ts';

/** Returns the bytes written. MUST NOT block. @throws as `fs.writev`; EAGAIN if there is no room */
type WriteNow = (buffers: readonly Buffer[]) => number;

/**
 * All output of a process: its log and its `stdout` outputs. A slow reader blocks nothing; no line is torn.
 */
export type StdoutWriter = {
  /** With its line break. Dropped and counted if the buffer is full. */
  readonly log: (line: string) => void;
  /** Resolves once the operating system has the line. */
  readonly writeLine: (line: string, signal?: AbortSignal) => Promise<void>;
  /** Gets the number of dropped lines once there is room. One listener only. */
  readonly onDropped: (tell: (lines: number) => void) => void;
  /** Lines dropped since the process started. */
  readonly dropped: () => number;
  /** Writes what is buffered. Blocks for at most `withinMs`. */
  readonly flush: (withinMs: number) => void;
};

export type StdoutWriterOptions = {
  readonly write: WriteNow;
  /** Bytes, for the log and the outputs each. */
  readonly maxWaiting?: number;
  /** Nobody can ever read it again: log lines are dropped from then on. Default: somebody may. */
  readonly isGone?: (error: unknown) => boolean;
};

const MAX_WAITING = 2 * 1024 * 1024;
/** ms. full: nobody reads. failed: the disk is full, or the pipe is closed. */
const RETRY_AFTER_MS = { full: 20, failed: 500 } as const;
const FLUSH_LOOKS_EVERY_MS = 5;

const no = () => false;

export function createStdoutWriter({ write, maxWaiting = MAX_WAITING, isGone = no }: StdoutWriterOptions): StdoutWriter {
  const queue = createLineQueue();
  const log = createLog();
  const schedule = createSchedule({ run: writeAll, onFailure: fail });

  function fail(error: unknown): void {
    queue.giveUpAll(error);
    if (isGone(error)) log.end(queue.dropLog() + linesIn(log.take()));
  }

  function queueLog(): void {
    const text = log.take();
    if (text !== '') queue.push(Buffer.from(text));
  }

  /** @throws if not all could be written */
  function writeAll(): void {
    do {
      queueLog();
      while (!queue.isEmpty()) queue.written(write(queue.next()) || noRoom());
    } while (log.tellDropped());
  }

  return {
    log(line) {
      if (log.hasEnded() || log.size() + queue.sizes.log + line.length > maxWaiting) log.drop();
      else log.add(line);
      schedule();
    },
    async writeLine(line, signal) {
      signal?.throwIfAborted();
      checkRoom(queue.sizes.waitedFor, line.length, maxWaiting);
      queueLog();
      const { promise: done, ...waiting } = Promise.withResolvers<void>();
      const entry = queue.push(Buffer.from(`${line}\n`), waiting);
      const giveUp = () => queue.giveUp(entry, signal?.reason);
      signal?.addEventListener('abort', giveUp, { once: true });
      schedule();
      await done.finally(() => signal?.removeEventListener('abort', giveUp));
    },
    onDropped: log.onDropped,
    dropped: log.droppedEver,
    flush: (withinMs) => flushWithin(withinMs, writeAll),
  };
}

/** A single line always fits. @throws Error */
function checkRoom(waitedFor: number, length: number, maxWaiting: number): void {
  if (waitedFor > 0 && waitedFor + length > maxWaiting) throw new Error('too much waits to be written to standard output');
}

/** Once per tick, which halves the cost of a line. A failure delays the next run. */
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

function createLog() {
  let text = '';
  let [dropped, ever, ended] = [0, 0, false];
  let tell: ((lines: number) => void) | undefined;
  return {
    size: () => text.length,
    add: (line: string) => void (text += line),
    drop(): void {
      dropped += 1;
      ever += 1;
    },
    droppedEver: () => ever,
    hasEnded: () => ended,
    /** No line is taken any more. @param lost lines that were taken */
    end(lost: number): void {
      ended = true;
      ever += lost;
    },
    take(): string {
      const taken = text;
      text = '';
      return taken;
    },
    tellDropped(): boolean {
      if (dropped === 0 || ended) return false;
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
