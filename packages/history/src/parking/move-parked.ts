import type { RestStore } from '../store/rest.ts';
import { parkedEntry, readParked } from './payload.ts';

const AT_ONCE = 500;

/**
 * Gives all that is parked for one output to another. It MUST be in the store before it goes, so it may be cut off and run
 * again. What cannot be read stays.
 */
export async function moveParked(rest: RestStore, { from, to, now }: { from: string; to: string; now: number }) {
  let [moved, left] = [0, 0];
  for (;;) {
    const found = (await rest.oldest({ kind: 'parked', output: from }, left + AT_ONCE)).slice(left);
    if (found.length === 0) return { moved, left };
    const readable = found.flatMap((entry) => {
      const payload = readParked(entry);
      return payload ? [{ entry, moved: parkedEntry(to, payload, now) }] : [];
    });
    await rest.put(readable.map((one) => one.moved));
    await rest.remove(readable.map(({ entry }) => entry));
    moved += readable.length;
    // They are the oldest from now on.
    left += found.length - readable.length;
  }
}

/** Resolves to how many there were. */
export async function purgeParked(rest: RestStore, output: string): Promise<number> {
  let purged = 0;
  for (;;) {
    const found = await rest.oldest({ kind: 'parked', output }, AT_ONCE);
    if (found.length === 0) return purged;
    purged += await rest.remove(found);
  }
}
