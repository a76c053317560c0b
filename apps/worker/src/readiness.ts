import { notReadyReasons } from '@ringback/redis';
import type { WorkShard } from './shard.ts';

export type Readiness = {
  /** Empty while at least one shard can be served. */
  readonly notReadyReasons: () => Promise<readonly string[]>;
  /** The shards that cannot, and why, as of the last look. */
  readonly facts: () => Readonly<Record<string, string>>;
};

type ReadinessOptions = { readonly served: readonly WorkShard[]; readonly stopping: AbortSignal };

/** Of the shards that a worker serves. `stopping`: not ready any more. */
export function createReadiness({ served, stopping }: ReadinessOptions): Readiness {
  let others: readonly string[] = [];

  async function look(): Promise<readonly string[]> {
    if (stopping.aborted) return ['the process is stopping'];
    // Each answers within a second. None waits for another.
    const all = await Promise.all(
      served.map(async ({ watch, number }) => ({ number, reasons: await notReadyReasons({ watch }) })),
    );
    const away = all.flatMap(({ number, reasons }) => reasons.map((reason) => `shard ${number}: ${reason}`));
    const isReady = all.some(({ reasons }) => reasons.length === 0);
    others = isReady ? away : [];
    if (isReady) return [];
    const [first] = all;
    return first && all.length === 1 ? first.reasons : away;
  }

  return {
    notReadyReasons: look,
    facts: () => (others.length === 0 ? {} : { shardsNotReady: others.join('; ') }),
  };
}
