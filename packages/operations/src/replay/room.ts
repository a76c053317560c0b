import { setTimeout as delay } from 'node:timers/promises';
import { RingbackError } from '@ringback/contracts';
import { type BacklogBound, NO_BACKLOG, readBacklog } from '@ringback/queue';
import type { ShardPlace } from '../places.ts';

/** What a replay lets an output hold in a shard: its workers never run dry, and Redis is not filled. */
const MOST_HELD = 2000;
const LOOK_AGAIN_MS = 200;
const GIVE_UP_AFTER_MS = 600_000;

/** A shard that can say how full its Redis is. */
export type RoomPlace = ShardPlace & {
  /** Why it should take no more, if so. Asks its server. */
  readonly full: () => Promise<string | undefined>;
};

/** Outputs that get something, by the number of the shard. */
type Wanted = ReadonlyMap<number, readonly { readonly output: string }[]>;

export type Room = {
  /**
   * True once all of them have room; false if the replay is to end. `tell`: what it waits for.
   * @throws RingbackError RB_OVERLOADED if there is none for 10 minutes
   */
  wait(wanted: Wanted, tell: (why: string) => void): Promise<boolean>;
};

type RoomOptions = {
  readonly places: readonly RoomPlace[];
  /** What an output may have waiting in a shard before its backlog rule begins. */
  readonly bound: (output: string, shard: number) => BacklogBound;
  readonly signal: AbortSignal;
  /** Monotonic, ms. */
  readonly now: () => number;
};

export function createRoom({ places, bound, signal, now }: RoomOptions): Room {
  async function hindranceAt(place: RoomPlace, outputs: readonly { readonly output: string }[]): Promise<string | undefined> {
    const full = await place.full();
    if (full !== undefined) return full;
    const backlog = await readBacklog(place);
    for (const { output } of outputs) {
      const { held, bytes } = backlog.get(output) ?? NO_BACKLOG;
      if (held >= MOST_HELD) return `${held} deliveries wait for output ${output}`;
      // Half of it: the rule is for what comes in.
      const { bytes: mostBytes = Infinity, held: mostHeld = Infinity } = bound(output, place.number);
      if (bytes > mostBytes / 2 || held > mostHeld / 2) return `half of the backlog of output ${output} is used`;
    }
    return undefined;
  }

  async function hindrance(wanted: Wanted): Promise<string | undefined> {
    for (const place of places) {
      const outputs = wanted.get(place.number);
      const why = outputs && (await hindranceAt(place, outputs));
      if (why !== undefined) return why;
    }
    return undefined;
  }

  return {
    async wait(wanted, tell) {
      const until = now() + GIVE_UP_AFTER_MS;
      while (!signal.aborted) {
        const why = await hindrance(wanted);
        if (why === undefined) return true;
        tell(why);
        if (now() >= until) throw new RingbackError('RB_OVERLOADED', `no room for 10 minutes: ${why}`);
        await delay(LOOK_AGAIN_MS, undefined, { signal }).catch(() => {});
      }
      return false;
    },
  };
}
