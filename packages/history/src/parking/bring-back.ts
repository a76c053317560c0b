import type { Resting } from '../store/rest.ts';
import { type ParkDeps, refsOf, tell } from './park.ts';
import { groupsOf, type Readable, readParked } from './payload.ts';

export type BringBackDeps = ParkDeps & {
  /** Which of them belong to this shard. Absent: all. */
  readonly place?: { readonly number: number; readonly of: number } | undefined;
  /** How many are known to be unreadable: they stay the oldest. */
  readonly unreadable: () => number;
  readonly onUnreadable: (entries: readonly Resting[]) => void;
};

type Portion = {
  readonly deliveries: number;
  /** Of payloads. One delivery always comes. */
  readonly size: number;
};

type Brought = {
  /** How many the store gave. 0: none rests there. */
  readonly found: number;
  readonly done: number;
};

/** Has an output hold its oldest parked deliveries again. May run again, and at several processes at once. */
export async function bringOldestBack(deps: BringBackDeps, portion: Portion): Promise<Brought> {
  const { output, parking, rest, now } = deps;
  const found = await oldest(deps, portion.deliveries);
  const groups = groupsOf(output, within(found, portion.size));
  const done: Resting[] = [];
  for (const group of groups) {
    const back = await parking.bringBack(group);
    done.push(...group.entries.filter((_, index) => back[index] !== 'elsewhere'));
    const returned = group.deliveries.filter((_, index) => back[index] === 'returned').map(({ callback }) => callback);
    const at = Math.floor(now());
    await tell(deps, { state: 'waiting', at, returned: true, deliveries: refsOf(group.batch, returned) });
  }
  // MUST follow: after a crash they come again, and those that have returned are known.
  if (done.length > 0) await rest.remove(done);
  return { found: found.length, done: done.length };
}

/** Removes what a crash left in the store: deliveries that have returned, or were never parked and have ended. */
export async function removeSettled(deps: BringBackDeps, portion: Pick<Portion, 'deliveries'>): Promise<void> {
  const groups = groupsOf(deps.output, await oldest(deps, portion.deliveries));
  const settled: Resting[] = [];
  for (const group of groups) {
    const known = await deps.parking.areSettled(group);
    settled.push(...group.entries.filter((_, index) => known[index]));
  }
  if (settled.length > 0) await deps.rest.remove(settled);
}

async function oldest(deps: BringBackDeps, limit: number): Promise<Readable[]> {
  const { rest, output, place, unreadable, onUnreadable } = deps;
  const found = await rest.oldest({ kind: 'parked', output, ...(place && { shard: place }) }, limit + unreadable());
  const read = found.map((entry) => ({ entry, payload: readParked(entry) }));
  onUnreadable(read.flatMap(({ entry, payload }) => (payload ? [] : [entry])));
  return read.flatMap(({ entry, payload }) => (payload ? [{ entry, payload }] : []));
}

function within(entries: readonly Readable[], size: number): readonly Readable[] {
  let sum = 0;
  const fits = entries.filter(({ entry }) => (sum += entry.payload.length) <= size);
  return fits.length > 0 ? fits : entries.slice(0, 1);
}
