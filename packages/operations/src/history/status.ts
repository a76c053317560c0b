import { type BufferState, type HistoryStatus, type RefusalRow, type RestCount, readBufferState } from '@ringback/history';
import { type Missing, type Places, shardName } from '../places.ts';

const HOUR_MS = 3_600_000;

export type WholeStatus = {
  /** Undefined, as `resting` and `refused`: there is none, or it does not answer. */
  readonly store?: HistoryStatus | undefined;
  readonly resting?: readonly RestCount[] | undefined;
  /** Refused requests of the last hour, by source and code. */
  readonly refused?: readonly Pick<RefusalRow, 'source' | 'code' | 'count'>[] | undefined;
  /** What waits in Redis for the writer, by shard. Undefined: no shard answers. */
  readonly waiting: readonly (BufferState & { readonly shard: number })[] | undefined;
};

/** `now`: ms since the epoch. */
export async function historyStatus(places: Places, { missing, now }: { missing: Missing; now: number }): Promise<WholeStatus> {
  const { history, shards } = places;
  const waiting = await Promise.all(
    shards.map(async (shard) => {
      const state = await missing.ask(shardName(places, shard.number), () => readBufferState(shard));
      return state && { shard: shard.number, ...state };
    }),
  );
  const answered = waiting.flatMap((one) => one ?? []);
  const known = answered.length === 0 ? undefined : answered;
  if (history === undefined) return { waiting: known };
  const asked = await missing.ask('history', async () => ({
    store: await history.status(),
    resting: await history.rest.counts(),
    refused: sums(await history.refusals({ since: now - HOUR_MS, until: now + HOUR_MS })),
  }));
  return { ...asked, waiting: known };
}

function sums(rows: readonly RefusalRow[]): NonNullable<WholeStatus['refused']> {
  const groups = Map.groupBy(rows, ({ source, code }) => JSON.stringify([source, code]));
  return [...groups.values()]
    .flatMap((own) => {
      const [first] = own;
      return first ? [{ source: first.source, code: first.code, count: own.reduce((sum, { count }) => sum + count, 0) }] : [];
    })
    .toSorted((a, b) => b.count - a.count);
}
