import type { HistoryStore, Resting } from '@ringback/history';

const PAGE = 200;

export type CopyOptions = {
  readonly from: HistoryStore;
  readonly to: HistoryStore;
  /** Moves what rests as well: only once no worker uses the old history any more. */
  readonly rest: boolean;
  /** Callbacks so far, of how many. */
  readonly onProgress: (done: number, all: number) => void;
  /** ms since the epoch. */
  readonly now: () => number;
};

export type Copied = {
  readonly callbacks: number;
  readonly deliveries: number;
  readonly attempts: number;
  /** Moved, with `rest`. */
  readonly moved: number;
  /** What still rests in the old history. */
  readonly resting: number;
  /** Of the callbacks that had been received when it began: how many the new history lacks. Not 0: run it again. */
  readonly missing: number;
};

/**
 * Copies a history into another one, of either kind. Workers may go on writing to both. May be interrupted and run again:
 * writing again changes nothing.
 */
export async function copyHistory(options: CopyOptions): Promise<Copied> {
  const { from, to, rest, onProgress, now } = options;
  const received = { until: now() };
  const all = await from.count({});
  const sum = { callbacks: 0, deliveries: 0, attempts: 0 };
  for await (const rows of from.all()) {
    await to.write(rows);
    sum.callbacks += rows.callbacks.length;
    sum.deliveries += rows.deliveries.length;
    sum.attempts += rows.attempts.length;
    onProgress(sum.callbacks, Math.max(all, sum.callbacks));
  }
  const moved = rest ? await moveRest(options) : 0;
  const resting = (await from.rest.counts()).reduce((total, { count }) => total + count, 0);
  // In this order: what is pruned meanwhile goes from the old one first.
  const [has, had] = [await to.count(received), await from.count(received)];
  return { ...sum, moved, resting, missing: Math.max(0, had - has) };
}

/**
 * MUST be durable in the new history before it leaves the old one. After a cut it is in both: a delivery that returns
 * twice is made once, by what the ledger knows of it.
 */
async function moveRest({ from, to }: CopyOptions): Promise<number> {
  let moved = 0;
  for (let after: Resting | undefined; ;) {
    const found = await from.rest.find({}, { limit: PAGE, after });
    if (found.length === 0) return moved;
    await to.rest.put(found);
    moved += await from.rest.remove(found);
    after = found.at(-1);
  }
}
