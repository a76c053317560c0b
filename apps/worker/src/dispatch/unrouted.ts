import { type Callback, callbackKey, type Logger } from '@ringback/contracts';
import { HandBack, type Quarantine, type RouteCounts, type TakenBatch } from '@ringback/queue';
import type { Routing } from '@ringback/routing';
import { countUnkept, quarantineEntry } from './quarantine-entry.ts';
import { type BusinessKeyOf, businessLedgerKey } from './business-duplicates.ts';
import type { Claims } from './claims.ts';

/** `reason` names routes and conditions. */
export type Unrouted = NonNullable<Routing['kept']> & { readonly callback: Callback };

export type UnroutedDeps = {
  readonly unroutedQuarantine: Quarantine;
  readonly counts: Pick<RouteCounts, 'unkept' | 'unrouted'>;
  readonly claims: Pick<Claims, 'release'>;
  readonly businessKeyOf: BusinessKeyOf;
  readonly nearlyFull: () => boolean;
  readonly logger: Logger;
};

/** ms until the batch runs again. */
const LOOK_AGAIN_MS = 10_000;

/**
 * Until a person changes the routes. The batch keeps its claims until a replay, so the same callback is a
 * duplicate. Without room, a callback that no route can want is counted and dropped with its claims. May be
 * run again. Resolves to what counts and reports: that MUST wait until the whole batch is settled.
 */
export function createUnroutedKeeper(deps: UnroutedDeps) {
  const { unroutedQuarantine, counts, claims, businessKeyOf, nearlyFull, logger } = deps;
  const keysOf = (callback: Callback) =>
    [callbackKey(callback), businessLedgerKey(callback, businessKeyOf(callback)) ?? []].flat();

  return async ({ id, replayed }: TakenBatch, unrouted: readonly Unrouted[]): Promise<() => Promise<void>> => {
    if (unrouted.length === 0) return async () => {};
    // Kept even without room. Then Redis's memory is the bound.
    const certain = (entry: Unrouted) => replayed === true || entry.maybeWanted;
    const sorted = [...unrouted.filter(certain), ...unrouted.filter((entry) => !certain(entry))];
    const entries = sorted.map(({ callback, code, reason }) => ({
      ...quarantineEntry(callback, code, reason),
      claimed: { batch: id, keys: keysOf(callback) },
    }));
    const count = unrouted.filter(certain).length;
    // A replay removes only the entry that it replays.
    const keep = async (some: typeof entries, always: boolean): Promise<boolean[]> =>
      some.length === 0 ? [] : unroutedQuarantine.keep(some, { batch: id, always });
    const keptForCertain = await keep(entries.slice(0, count), !nearlyFull());
    // Entries take more memory than their batch.
    if (keptForCertain.includes(false)) throw new HandBack({ afterMs: LOOK_AGAIN_MS });
    const kept = [...keptForCertain, ...(await keep(entries.slice(count), false))];
    return async () => {
      await Promise.all([counts.unrouted(), counts.unkept(countUnkept(entries, kept))]);
      const lost = sorted.filter((_, index) => kept[index] !== true);
      const keys = lost.flatMap(({ callback }) => keysOf(callback));
      if (keys.length > 0) await claims.release(id, keys);
      report(logger, id, sorted, kept);
    };
  };
}

/** One line per reason: wrong routes may affect every callback. */
function report(logger: Logger, batch: string, unrouted: readonly Unrouted[], kept: readonly boolean[]): void {
  const all = unrouted.map((entry, index) => ({ ...entry, kept: kept[index] === true }));
  for (const [, group] of Map.groupBy(all, ({ code, reason }) => `${code} ${reason}`)) {
    const [first] = group;
    if (first === undefined) continue;
    const ids = (wanted: boolean) => group.filter((entry) => entry.kept === wanted).map(({ callback }) => callback.id);
    const [quarantined, lost] = [ids(true), ids(false)];
    const types = [...new Set(group.map(({ callback }) => callback.type))];
    const message = first.code === 'RB_UNROUTED' ? 'no route matched' : 'a condition took too long';
    const line = { code: first.code, batch, reason: first.reason, types, quarantined, ...(lost.length > 0 && { lost }) };
    if (lost.length > 0) logger.error(line, `${message}, and the quarantine is full: callbacks are lost`);
    else logger.warn(line, message);
  }
}
