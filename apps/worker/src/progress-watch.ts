import { setTimeout } from 'node:timers/promises';
import { within } from '@ringback/pacing';

/** How long Redis may take to say whether work waits, ms. */
const LOOK_TIMEOUT_MS = 1000;

/** A consumer, as the watch sees it. */
export type Watched = {
  readonly name: string;
  /** The longest time between two signs of progress while all is well, ms. */
  readonly longestStep: number;
  /** Grows with every sign of progress. */
  progress(): number;
  /** True if there is work to take. May reject or never resolve if Redis does not answer. */
  workWaits(): Promise<boolean>;
};

export type ProgressWatchOptions = {
  readonly watched: readonly Watched[];
  /** ms without progress, beyond the longest step, until a consumer is stuck. */
  readonly stuckAfter: number;
  /** ms from one look to the next. */
  readonly every: number;
  /** True while Redis refuses what the work needs: then nobody makes progress. */
  readonly hopeless: () => boolean;
  /** ms. Only differences count. */
  readonly now: () => number;
};

/**
 * Finds consumers that are stuck: work waits for long enough, and nothing happens. Resolves to the name of one.
 * The time begins again if Redis does not answer or refuses (a new process would do no better), and if the looks
 * themselves stopped: then the process or the machine was frozen.
 */
export function createProgressWatch({
  watched,
  stuckAfter,
  every,
  hopeless,
  now,
}: ProgressWatchOptions): () => Promise<string | undefined> {
  const seen = watched.map((consumer) => ({ consumer, progress: -1, since: now() }));
  let lookedAt = now();

  return async () => {
    const frozen = now() - lookedAt > 2 * every + LOOK_TIMEOUT_MS;
    await Promise.all(
      seen.map(async (entry) => {
        const waits = await within(LOOK_TIMEOUT_MS, entry.consumer.workWaits()).catch(() => false);
        const progress = entry.consumer.progress();
        if (frozen || hopeless() || !waits || progress !== entry.progress) Object.assign(entry, { progress, since: now() });
      }),
    );
    lookedAt = now();
    return seen.find(({ consumer, since }) => now() - since >= stuckAfter + consumer.longestStep)?.consumer.name;
  };
}

/** Looks every `every` ms. Resolves to the name of a stuck consumer, or to undefined once `stop` aborts. */
export async function whenStuck(options: {
  readonly look: () => Promise<string | undefined>;
  readonly every: number;
  readonly stop: AbortSignal;
}): Promise<string | undefined> {
  const { look, every, stop } = options;
  while (!stop.aborted) {
    await setTimeout(every, undefined, { signal: stop }).catch(() => {});
    const stuck = await look();
    if (stuck !== undefined) return stuck;
  }
  return undefined;
}
