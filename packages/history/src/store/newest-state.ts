import type { DeliveryState } from '../events.ts';
import type { AttemptRow, DeliveryRow } from './rows.ts';

/** Of two states at the same time the later in this list wins. Stores keep these numbers: only append. */
export const STATE_RANKS: readonly DeliveryState[] = ['waiting', 'parked', 'dropped', 'purged', 'dead', 'delivered', 'moved'];

export const rankOf = (state: DeliveryState): number => STATE_RANKS.indexOf(state);

/** One row a delivery: the one that wins. The rows may come in any order. */
export function newestStates(rows: readonly DeliveryRow[]): DeliveryRow[] {
  const newest = new Map<string, DeliveryRow>();
  for (const row of rows) {
    const name = `${row.receivedAt} ${row.key} ${row.output}`;
    const known = newest.get(name);
    newest.set(name, known === undefined ? row : newerOf(row, known));
  }
  return [...newest.values()];
}

/** The one that wins, with the last parking that either knows of. */
export function newerOf(row: DeliveryRow, other: DeliveryRow): DeliveryRow {
  const won = isNewer(row, other) ? row : other;
  const parkedAt = latest(row.parkedAt, other.parkedAt);
  const returnedAt = latest(row.returnedAt, other.returnedAt);
  if (parkedAt === won.parkedAt && returnedAt === won.returnedAt) return won;
  return { ...won, ...(parkedAt !== undefined && { parkedAt }), ...(returnedAt !== undefined && { returnedAt }) };
}

const latest = (a: number | undefined, b: number | undefined) => (a === undefined || (b !== undefined && b > a) ? b : a);

/** MUST order all rows, as the stores do: then the order of writing is all the same. */
function isNewer(row: DeliveryRow, than: DeliveryRow): boolean {
  if (isFirm(row) !== isFirm(than)) return isFirm(row);
  if (row.at !== than.at) return row.at > than.at;
  if (row.state !== than.state) return rankOf(row.state) > rankOf(than.state);
  if (row.nextAt !== than.nextAt) return (row.nextAt ?? 0) > (than.nextAt ?? 0);
  if (row.reason !== than.reason) return (row.reason ?? '') > (than.reason ?? '');
  return row.changed === true && than.changed !== true;
}

/** Redis's clock goes back at a failover: a later attempt's end may bear an earlier time than the attempt before. */
const isFirm = ({ state, changed }: DeliveryRow): boolean => changed === true || state !== 'waiting';

/** True: only its attempts say what came since it waits anew. Such a row yields to no retry, as its time may be earlier. */
export const waitsAnew = ({ state, changed }: DeliveryRow): boolean => state === 'waiting' && changed === true;

/** Reason and next try of the last of these attempts that failed since the delivery waits anew. */
export function withLastRetry(row: DeliveryRow, attempts: readonly AttemptRow[]): DeliveryRow {
  if (!waitsAnew(row)) return row;
  const since = attempts.filter((one) => one.outcome === 'retry' && one.output === row.output && endOf(one) > row.at);
  const last = since.reduce<AttemptRow | undefined>((a, b) => (a === undefined || endOf(b) >= endOf(a) ? b : a), undefined);
  return last === undefined ? row : { ...row, at: endOf(last), reason: last.reason, fault: last.fault, nextAt: last.nextAt };
}

const endOf = ({ at, ms }: AttemptRow): number => at + ms;
