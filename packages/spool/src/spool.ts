import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { type Batch, Callback, callbackKey, type Logger, loggerOfShard, placeOfKey, RingbackError } from '@ringback/contracts';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { openFile, refuseOnFullDisk, spoolError } from './spool-file.ts';
import { createTable, indexShards, type ShardOfSpool, type SpoolTable, tryRoom } from './spool-table.ts';

/** Characters per round: about one write to Redis. */
const MAX_LOOK = 1024 * 1024;
const MAX_BATCHES_PER_LOOK = 64;
/** Bytes. Below this the spool is full. */
const LEAST_ROOM = 64 * 1024;

export type SpooledBatch = Batch & { readonly row: number };

/** What waits for one shard, in order of arrival. All shards share one file and its bound. One process at a time. */
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
  /** Callbacks. */
  size(): number;
  /** Tested by a real write. Undefined: there is room. */
  refusal(): RingbackError | undefined;
  /** The last one closes the file. */
  close(): void;
};

export type SpoolOptions = {
  readonly path: string;
  /** How many there are. What was kept for another number of shards goes by the number of now. */
  readonly shards: number;
  /** Bytes. The WAL takes a few MiB more. */
  readonly maxBytes: number;
  /** ms. Older batches stay; no new one is stored. */
  readonly maxAge: number;
  /** ms since the epoch. */
  readonly now: () => number;
  readonly logger: Logger;
};

const callbackList = Compile(Type.Array(Callback, { minItems: 1 }));

/** One for each shard. @throws RingbackError RB_SPOOL_FAILED (file in use or damaged, no folder) */
export function openSpools({ shards, ...options }: SpoolOptions): readonly Spool[] {
  const file = openFile(options);
  indexShards(file, shards);
  const test = () => failureOf(() => tryRoom(file, LEAST_ROOM));
  const noRoom = shards === 1 ? test : onceATurn(test);
  const open = new Set(Array.from({ length: shards }, (_, shard) => shard));
  return [...open].map((shard) => {
    const logger = loggerOfShard(options.logger, { shard, shards });
    const close = () => {
      if (open.delete(shard) && open.size === 0) file.close();
    };
    return openSpool({ ...options, logger, file, of: { shard, shards }, noRoom, close });
  });
}

type ShardOptions = Omit<SpoolOptions, 'shards' | 'maxBytes'> & {
  readonly file: DatabaseSync;
  readonly of: ShardOfSpool;
  readonly noRoom: () => RingbackError | undefined;
  readonly close: () => void;
};

function openSpool({ path, maxAge, now, logger, file, of, noRoom, close }: ShardOptions): Spool {
  const table = createTable(file, of);
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
        table.insert({ id, at: now(), size: callbacks.length, text: JSON.stringify(callbacks), place: placeOf(callbacks) });
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
    refusal: () => failureOf(check) ?? noRoom(),
    close,
  };
}

/** Callbacks of one batch belong to one shard. A later number of shards may part them: a worker passes them on. */
function placeOf([first]: readonly Callback[]): number {
  return first === undefined ? 0 : placeOfKey(callbackKey(first));
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

/** Of many that ask in one turn of the event loop, the first tests for all: each test writes to the disk. */
function onceATurn<T>(test: () => T): () => T {
  let found: { readonly result: T } | undefined;
  return () => {
    if (found === undefined) {
      found = { result: test() };
      setImmediate(() => (found = undefined));
    }
    return found.result;
  };
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
