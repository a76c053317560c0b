import { Callback, type IdentifiedBatch, type Logger, RingbackError } from '@ringback/contracts';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { openFile, spoolError, tryRoom } from './spool-file.ts';

/** What one look takes out: as much as travels in one write to Redis. Characters. */
const MAX_LOOK = 1024 * 1024;
const MAX_BATCHES_PER_LOOK = 64;
/** With less than this there is no room. Bytes. */
const LEAST_ROOM = 64 * 1024;

type SpooledBatch = IdentifiedBatch & { readonly row: number };

/** Batches in a file of this machine, in the order in which they came. One process at a time. */
export type Spool = {
  /**
   * Keeps a batch: when this returns it is on disk, and survives a kill of the process and a loss of power. Blocks for as long as the disk takes.
   * @throws RingbackError RB_SPOOL_FULL by size or age, RB_SPOOL_FAILED when the disk does not take it: nothing of it is kept then
   */
  put(batch: IdentifiedBatch): void;
  /** The oldest batches: one, and those that go with it in 1 MiB. @throws RingbackError RB_SPOOL_FAILED */
  oldest(): SpooledBatch[];
  /** Forgets batches. MUST follow Redis's word that it has them. @throws RingbackError RB_SPOOL_FAILED */
  remove(batches: readonly SpooledBatch[]): void;
  /** Callbacks that wait to go on. */
  size(): number;
  /** Why no batch would be kept now, by a real write; undefined: it would. */
  hindrance(): RingbackError | undefined;
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
  const insert = file.prepare('INSERT INTO batches (id, at, size, callbacks) VALUES (?, ?, ?, ?)');
  const read = file.prepare('SELECT row, id, callbacks FROM batches WHERE NOT aside ORDER BY row LIMIT ?');
  const firstTime = file.prepare('SELECT at FROM batches WHERE NOT aside ORDER BY row LIMIT 1');
  const setAside = file.prepare('UPDATE batches SET aside = 1 WHERE row = ?');
  const discard = file.prepare('DELETE FROM batches WHERE row IN (SELECT value FROM json_each(?))');
  const total = file.prepare('SELECT total(size) AS size FROM batches WHERE NOT aside');
  let size = Number(total.get()?.['size']);

  function checkAge(): void {
    const oldest = firstTime.get()?.['at'];
    if (oldest === undefined || now() - Number(oldest) <= maxAge) return;
    throw new RingbackError('RB_SPOOL_FULL', 'Redis has been away for longer than the spool keeps callbacks: send it again later');
  }

  /** What cannot be read MUST neither be lost nor hold up the rest. */
  function keepAside(row: number): void {
    setAside.run(row);
    size = Number(total.get()?.['size']);
    logger.error({ code: 'RB_SPOOL_FAILED', spool: path, row }, 'unreadable batch set aside in the spool');
  }

  function look(): SpooledBatch[] {
    const batches: SpooledBatch[] = [];
    const unreadable: number[] = [];
    let length = 0;
    for (const entry of read.iterate(MAX_BATCHES_PER_LOOK)) {
      const [row, text] = [Number(entry['row']), String(entry['callbacks'])];
      length += text.length;
      if (batches.length > 0 && length > MAX_LOOK) break;
      const callbacks = parse(text);
      if (callbacks) batches.push({ row, id: String(entry['id']), callbacks });
      else unreadable.push(row);
    }
    unreadable.forEach(keepAside);
    return batches.length === 0 && unreadable.length > 0 ? look() : batches;
  }

  return {
    put: ({ id, callbacks }) =>
      attempt(() => {
        checkAge();
        insert.run(id, now(), callbacks.length, JSON.stringify(callbacks));
        size += callbacks.length;
      }),
    oldest: () => attempt(look),
    remove: (batches) =>
      attempt(() => {
        discard.run(JSON.stringify(batches.map(({ row }) => row)));
        for (const { callbacks } of batches) size -= callbacks.length;
      }),
    size: () => size,
    hindrance() {
      try {
        attempt(() => {
          checkAge();
          tryRoom(file, LEAST_ROOM);
        });
        return undefined;
      } catch (error) {
        return error instanceof RingbackError ? error : spoolError(error);
      }
    },
    close: () => file.close(),
  };
}

function attempt<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof RingbackError ? error : spoolError(error);
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
