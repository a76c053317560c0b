import { dirname } from 'node:path';
import { Callback, type Batch, type Logger, RingbackError } from '@ringback/contracts';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { openFile, refuseOnFullDisk, spoolError } from './spool-file.ts';
import { createTable, type SpoolTable } from './spool-table.ts';

/** Characters per round: about one write to Redis. */
const MAX_LOOK = 1024 * 1024;
const MAX_BATCHES_PER_LOOK = 64;
/** Bytes. Below this the spool is full. */
const LEAST_ROOM = 64 * 1024;

export type SpooledBatch = Batch & { readonly row: number };

/** In order of arrival. One process at a time. */
export type Spool = {
  /**
   * Blocks until the batch is on disk. @throws RingbackError RB_SPOOL_FULL (size or age) or RB_SPOOL_FAILED
   * (disk)
   */
  put(batch: Batch): void;
  /**
   * At least one, up to 1 MiB. @throws RingbackError RB_SPOOL_FAILED; RB_SPOOL_FULL if no row can be deleted
   */
  oldest(): SpooledBatch[];
  /** The first of what `oldest` returned. MUST follow Redis's confirmation. */
  remove(batches: readonly SpooledBatch[]): void;
  size(): number;
  /** Tested by a real write. Undefined: there is room. */
  refusal(): RingbackError | undefined;
  close(): void;
};

export type SpoolOptions = {
  readonly path: string;
  /** Bytes. The WAL takes a few MiB more. */
  readonly maxBytes: number;
  /** ms. Older batches stay; no new one is stored. */
  readonly maxAge: number;
  /** ms since the epoch. */
  readonly now: () => number;
  readonly logger: Logger;
};

const callbackList = Compile(Type.Array(Callback, { minItems: 1 }));

/** @throws RingbackError RB_SPOOL_FAILED (file in use or damaged, no folder) */
export function openSpool({ path, maxBytes, maxAge, now, logger }: SpoolOptions): Spool {
  const file = openFile({ path, maxBytes });
  const table = createTable(file);
  let size = table.total();

  const check = () => {
    refuseIfOlder(now() - maxAge, table);
    refuseOnFullDisk(dirname(path));
  };

  /** Unreadable rows are kept, and MUST NOT block others. */
  function setAside(rows: readonly number[]): void {
    table.setAside(rows);
    size = table.total();
    logger.error({ code: 'RB_SPOOL_FAILED', spool: path, rows }, 'unreadable batches set aside in the spool');
  }

  return {
    put: ({ id, callbacks }) =>
      attempt(() => {
        check();
        table.insert({ id, at: now(), size: callbacks.length, text: JSON.stringify(callbacks) });
        size += callbacks.length;
      }),
    oldest: () =>
      attempt(() => {
        const { batches, unreadable } = look(table);
        if (unreadable.length > 0) setAside(unreadable);
        // Remaining rows would come back after a restart.
        if (batches.length === 0) table.clean();
        return batches;
      }),
    remove(batches) {
      table.crossOff(batches.at(-1)?.row ?? 0);
      for (const { callbacks } of batches) size -= callbacks.length;
    },
    size: () => size,
    refusal: () =>
      failureOf(() => {
        check();
        table.tryRoom(LEAST_ROOM);
      }),
    close: () => file.close(),
  };
}

function refuseIfOlder(time: number, table: SpoolTable): void {
  if ((table.oldestTime() ?? time) >= time) return;
  throw new RingbackError('RB_SPOOL_FULL', 'Redis has been away for longer than the spool keeps callbacks: send it again later');
}

function look(table: SpoolTable): { batches: SpooledBatch[]; unreadable: number[] } {
  const batches: SpooledBatch[] = [];
  const unreadable: number[] = [];
  let length = 0;
  for (const { row, id, text } of table.entries()) {
    length += text.length;
    if (batches.length === MAX_BATCHES_PER_LOOK || (batches.length > 0 && length > MAX_LOOK)) break;
    const callbacks = parse(text);
    if (callbacks) batches.push({ row, id, callbacks });
    else unreadable.push(row);
  }
  return { batches, unreadable };
}

function attempt<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw spoolError(error);
  }
}

function failureOf(work: () => void): RingbackError | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return spoolError(error);
  }
}

function parse(text: string): readonly Callback[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return callbackList.Check(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
