import { setTimeout } from 'node:timers/promises';
import { within } from '@ringback/pacing';

/** What Redis may take to tell whether work waits, ms. */
const LOOK_TIMEOUT_MS = 1000;

/** A consumer of ours as the watch sees it. */
export type Watched = {
  readonly name: string;
  /** ms that it may take from one sign of progress to the next while all is well. */
  readonly longestStep: number;
  /** Grows with every sign of progress. */
  progress(): number;
  /** True when there is work that it should take. May reject or never resolve, when Redis does not answer. */
  workWaits(): Promise<boolean>;
};

export type ProgressWatchOptions = {
  readonly watched: readonly Watched[];
  /** ms without progress, on top of the longest step, that make it stuck. */
  readonly stuckAfter: number;
  /** ms from one look to the next. */
  readonly every: number;
  /** True while Redis refuses what the work needs: nobody could make progress. */
  readonly hopeless: () => boolean;
  /** ms. Only differences count. */
  readonly now: () => number;
};

/**
 * Looks whether work waits and nothing happens. Each look resolves to the name of a consumer that is stuck, or undefined. It is stuck when every look for long enough found work
 * waiting and no progress. While Redis does not answer, or refuses, a new process would do no better: then the time begins anew. So it does when the looks themselves stopped: the process, or the whole
 * machine, was frozen.
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

/** Looks every `every` ms until something is stuck: resolves to its name, or, once `stop` aborts, to undefined. */
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
