import { setTimeout } from 'node:timers/promises';
import { within } from '@ringback/pacing';

/** ms. */
const LOOK_TIMEOUT_MS = 1000;

export type Watched = {
  readonly name: string;
  /** ms, of normal work. */
  readonly longestStep: number;
  progress(): number;
  /** Redis refuses what the work needs: a new process would not help then. */
  redisRefuses?(): boolean;
  /** May reject or never resolve if Redis does not answer. */
  workWaits(): Promise<boolean>;
};

export type ProgressWatchOptions = {
  /** The current ones; settings may reload. */
  readonly watched: () => readonly Watched[];
  /** ms without progress, beyond the longest step. */
  readonly stuckAfter: () => number;
  /** ms between two looks. */
  readonly every: () => number;
  /** Monotonic, ms. */
  readonly now: () => number;
};

/**
 * The name of a consumer without progress though work waits. Starts anew if Redis does not answer or refuses,
 * or if the process was frozen.
 */
export function createProgressWatch({
  watched,
  stuckAfter,
  every,
  now,
}: ProgressWatchOptions): () => Promise<string | undefined> {
  type Seen = { readonly consumer: Watched; progress: number; since: number };
  let seen: readonly Seen[] = [];
  let lookedAt = now();

  return async () => {
    const known = new Map(seen.map((entry) => [entry.consumer, entry]));
    seen = watched().map((consumer) => known.get(consumer) ?? { consumer, progress: -1, since: now() });
    const frozen = now() - lookedAt > 2 * every() + LOOK_TIMEOUT_MS;
    await Promise.all(
      seen.map(async (entry) => {
        const waits = await within(LOOK_TIMEOUT_MS, entry.consumer.workWaits()).catch(() => false);
        const progress = entry.consumer.progress();
        const refused = entry.consumer.redisRefuses?.() ?? false;
        if (frozen || refused || !waits || progress !== entry.progress) Object.assign(entry, { progress, since: now() });
      }),
    );
    lookedAt = now();
    return seen.find(({ consumer, since }) => now() - since >= stuckAfter() + consumer.longestStep)?.consumer.name;
  };
}

/** Undefined once `stop` aborts. */
export async function whenStuck(options: {
  readonly look: () => Promise<string | undefined>;
  readonly every: () => number;
  readonly stop: AbortSignal;
}): Promise<string | undefined> {
  const { look, every, stop } = options;
  while (!stop.aborted) {
    await setTimeout(every(), undefined, { signal: stop }).catch(() => {});
    const stuck = await look();
    if (stuck !== undefined) return stuck;
  }
  return undefined;
}
