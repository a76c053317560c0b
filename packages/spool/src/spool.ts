import { dirname } from 'node:path';
import { Callback, type Batch, type Logger, RingbackError } from '@ringback/contracts';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { openFile, refuseOnFullDisk, spoolError } from './spool-file.ts';
import { createTable, type SpoolTable } from './spool-table.ts';

/** What one look takes out: as much as travels in one write to Redis. Characters. */
const MAX_LOOK = 1024 * 1024;
const MAX_BATCHES_PER_LOOK = 64;
/** With less than this there is no room. Bytes. */
const LEAST_ROOM = 64 * 1024;

export type SpooledBatch = Batch & { readonly row: number };

/** Batches in a file of this machine, in the order in which they came. One process at a time. */
export type Spool = {
  /**
   * Keeps a batch: when this returns it is on disk, and survives a kill of the process and a loss of power. Blocks for as long as the disk takes.
   * @throws RingbackError RB_SPOOL_FULL by size or age, RB_SPOOL_FAILED when the disk does not take it: nothing of it is kept then
   */
  put(batch: Batch): void;
  /** The oldest batches: one, and those that go with it in 1 MiB. @throws RingbackError RB_SPOOL_FAILED, RB_SPOOL_FULL when none is left but the disk was too full to delete those that were */
  oldest(): SpooledBatch[];
  /** Forgets the first of the batches that `oldest` gave. MUST follow Redis's word that it has them. */
  remove(batches: readonly SpooledBatch[]): void;
  /** Callbacks that wait to go on. */
  size(): number;
  /** Why no batch would be kept now, by a real write; undefined: it would. */
  refusal(): RingbackError | undefined;
  close(): void;
};

export type SpoolOptions = {
  readonly path: string;
  /** The file never grows beyond this. Bytes; SQLite's log beside it takes a few MiB more. */
  readonly maxBytes: number;
  /** While its oldest batch is older than this, nothing more is kept; what is kept stays. ms. */
  readonly maxAge: number;
  /** ms since the epoch. */
  readonly now: () => number;
  readonly logger: Logger;
};

const callbackList = Compile(Type.Array(Callback, { minItems: 1 }));

/** @throws RingbackError RB_SPOOL_FAILED when the file cannot be used: another process has it, it is damaged, its folder is missing */
export function openSpool({ path, maxBytes, maxAge, now, logger }: SpoolOptions): Spool {
  const file = openFile({ path, maxBytes });
  const table = createTable(file);
  let size = table.total();

  const check = () => {
    refuseIfOlder(now() - maxAge, table);
    refuseOnFullDisk(dirname(path));
  };

  /** What cannot be read MUST neither be lost nor hold up the rest. */
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
        // What stayed in the file would come again after a restart.
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

/** @throws RingbackError RB_SPOOL_FULL when the oldest batch is from before `time` */
function refuseIfOlder(time: number, table: SpoolTable): void {
  if ((table.oldestTime() ?? time) >= time) return;
  throw new RingbackError('RB_SPOOL_FULL', 'Redis has been away for longer than the spool keeps callbacks: send it again later');
}

/** The oldest batches that go together, and the rows before and among them that hold none. */
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
