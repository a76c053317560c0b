import type { ParkedGroup } from '@ringback/queue';
import type { Resting, RestStore } from '../store/rest.ts';
import { groupsOf, parkedEntry, type Readable, readParked } from './payload.ts';

const AT_ONCE = 500;

/** Called for some hundred at once, before they go: a run that is cut off tells them again. MUST NOT reject. */
type Going = (entries: readonly Resting[]) => Promise<void>;

type Moving = {
  readonly from: string;
  readonly to: string;
  readonly now: number;
  /** True: the other output has it in another place, or has ended it. A run that was cut off may have moved it. */
  readonly areSettled: (group: ParkedGroup) => Promise<readonly boolean[]>;
  /** As `Going`. `parked`: those of them that are parked for the other output. */
  readonly going?: ((entries: readonly Resting[], parked: readonly Resting[]) => Promise<void>) | undefined;
};

/**
 * Gives all that is parked for one output to another. It MUST be in the store before it goes, so it may be cut off and run
 * again. What the other output has already only goes. What cannot be read stays. @throws what `areSettled` throws
 */
export async function moveParked(rest: RestStore, { from, to, now, areSettled, going }: Moving) {
  let [moved, ended, left] = [0, 0, 0];
  for (;;) {
    const found = (await rest.oldest({ kind: 'parked', output: from }, left + AT_ONCE)).slice(left);
    if (found.length === 0) return { moved, ended, left };
    const readable = found.flatMap((entry) => {
      const payload = readParked(entry);
      return payload ? [{ entry, payload }] : [];
    });
    const settled = await settledOf(groupsOf(to, readable), areSettled);
    const parked = readable.filter(({ entry }) => !settled.has(entry));
    await rest.put(parked.map(({ payload }) => parkedEntry(to, payload, now)));
    await going?.(entriesOf(readable), entriesOf(parked));
    await rest.remove(entriesOf(readable));
    moved += parked.length;
    ended += readable.length - parked.length;
    // They are the oldest from now on.
    left += found.length - readable.length;
  }
}

const entriesOf = (readable: readonly Readable[]): Resting[] => readable.map(({ entry }) => entry);

async function settledOf(groups: ReturnType<typeof groupsOf>, areSettled: Moving['areSettled']): Promise<ReadonlySet<Resting>> {
  const settled = groups.map(async (group) => {
    const known = await areSettled(group);
    return group.entries.filter((_, index) => known[index]);
  });
  return new Set((await Promise.all(settled)).flat());
}

/** Resolves to how many there were. */
export async function purgeParked(rest: RestStore, output: string, going?: Going): Promise<number> {
  let purged = 0;
  for (;;) {
    const found = await rest.oldest({ kind: 'parked', output }, AT_ONCE);
    if (found.length === 0) return purged;
    await going?.(found);
    purged += await rest.remove(found);
  }
}
