import { dirname } from 'node:path';
import { Callback, type Batch, type Logger, RingbackError } from '@ringback/contracts';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { openFile, refuseOnFullDisk, spoolError } from './spool-file.ts';
import { createTable, type SpoolTable } from './spool-table.ts';

/** Characters per round: about one write to Redis. */
const MAX_LOOK = 1024 * 1024;
const MAX_BATCHES_PER_LOOK = 64;
/** Bytes. Below this the spool counts as full. */
const LEAST_ROOM = 64 * 1024;

export type SpooledBatch = Batch & { readonly row: number };

/** In order of arrival. One process at a time. */
export type Spool = {
  /**
   * Blocks until the batch is on disk: it survives a kill and a loss of power.
   * @throws RingbackError RB_SPOOL_FULL (size or age) or RB_SPOOL_FAILED (disk); nothing is stored then
   */
  put(batch: Batch): void;
  /**
   * At least one, up to 1 MiB.
   * @throws RingbackError RB_SPOOL_FAILED; RB_SPOOL_FULL if it is empty but no row can be deleted
   */
  oldest(): SpooledBatch[];
  /** MUST follow Redis's confirmation. Removes the first of what `oldest` returned. */
  remove(batches: readonly SpooledBatch[]): void;
  size(): number;
  /** Tested by a real write. Undefined: a batch would be stored. */
  refusal(): RingbackError | undefined;
  close(): void;
};

export type SpoolOptions = {
  readonly path: string;
  /** Bytes. The largest size of the file; SQLite's WAL takes a few MiB more. */
  readonly maxBytes: number;
  /** ms. If the oldest batch is older, no new one is stored; the stored ones stay. */
  readonly maxAge: number;
  /** ms since the epoch. */
  readonly now: () => number;
  readonly logger: Logger;
};

const callbackList = Compile(Type.Array(Callback, { minItems: 1 }));

/** @throws RingbackError RB_SPOOL_FAILED if the file is in use or damaged, or its folder is missing */
export function openSpool({ path, maxBytes, maxAge, now, logger }: SpoolOptions): Spool {
  const file = openFile({ path, maxBytes });
  const table = createTable(file);
  let size = table.total();

  const check = () => {
    refuseIfOlder(now() - maxAge, table);
    refuseOnFullDisk(dirname(path));
  };

  /** Unreadable rows MUST be kept, and MUST NOT block the others. */
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
        // Rows left in the file would come back after a restart.
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

/** @throws RingbackError RB_SPOOL_FULL if the oldest batch is older than `time` */
function refuseIfOlder(time: number, table: SpoolTable): void {
  if ((table.oldestTime() ?? time) >= time) return;
  throw new RingbackError('RB_SPOOL_FULL', 'Redis has been away for longer than the spool keeps callbacks: send it again later');
}

/** The oldest readable batches that fit one round, and the unreadable rows before and among them. */
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
