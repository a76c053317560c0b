import type { Resting, RestStore } from '../store/rest.ts';
import { parkedEntry, readParked } from './payload.ts';

const AT_ONCE = 500;

/** Called for some hundred at once, before they go: a run that is cut off tells them again. MUST NOT reject. */
type Going = (entries: readonly Resting[]) => Promise<void>;

type Moving = { readonly from: string; readonly to: string; readonly now: number; readonly going?: Going | undefined };

/**
 * Gives all that is parked for one output to another. It MUST be in the store before it goes, so it may be cut off and run
 * again. What cannot be read stays.
 */
export async function moveParked(rest: RestStore, { from, to, now, going }: Moving) {
  let [moved, left] = [0, 0];
  for (;;) {
    const found = (await rest.oldest({ kind: 'parked', output: from }, left + AT_ONCE)).slice(left);
    if (found.length === 0) return { moved, left };
    const readable = found.flatMap((entry) => {
      const payload = readParked(entry);
      return payload ? [{ entry, moved: parkedEntry(to, payload, now) }] : [];
    });
    const entries = readable.map(({ entry }) => entry);
    await rest.put(readable.map((one) => one.moved));
    await going?.(entries);
    await rest.remove(entries);
    moved += readable.length;
    // They are the oldest from now on.
    left += found.length - readable.length;
  }
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
