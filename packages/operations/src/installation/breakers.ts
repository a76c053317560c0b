import type { ProcessState, RunningProcess } from '@ringback/queue';

type Seen = NonNullable<ProcessState['outputs']>[string];

/** Workers judge an output by their own attempts and may differ. Times: ms since the epoch. */
export type BreakerStatus = {
  /**
   * The worst state that a worker has, at how many of the workers that serve it. `since`: since when it is closed, or
   * since when it is not: open and probing count as one.
   */
  readonly breaker?: { readonly state: Seen['breaker']; readonly since?: number | undefined; readonly workers: number };
  readonly failing?: { readonly since: number; readonly reasons: readonly string[]; readonly workers: number };
  readonly lastDelivered?: number;
  readonly lastFailed?: { readonly at: number; readonly reason: string };
};

const WORST_FIRST = ['open', 'probing', 'closed'] as const;
const MOST_REASONS = 3;

/** `serving`: the workers that have the output. */
export function breakerStatus(output: string, serving: readonly RunningProcess[]): BreakerStatus {
  const seen = serving.flatMap(({ state }) => state?.outputs?.[output] ?? []);
  const failing = serving.flatMap((worker) => worker.failing?.[output] ?? []).toSorted((a, b) => a.since - b.since);
  const state = WORST_FIRST.find((one) => seen.some(({ breaker }) => breaker === one));
  const delivered = seen.flatMap(({ lastDelivered }) => lastDelivered ?? []);
  const failed = seen.flatMap(({ lastFailed }) => lastFailed ?? []).toSorted((a, b) => b.at - a.at);
  const [first] = failing;
  const [latest] = failed;
  return {
    ...(state !== undefined && { breaker: stateAt(state, seen) }),
    ...(first && { failing: { since: first.since, reasons: reasonsOf(failing), workers: failing.length } }),
    ...(delivered.length > 0 && { lastDelivered: Math.max(...delivered) }),
    ...(latest && { lastFailed: latest }),
  };
}

function stateAt(state: Seen['breaker'], seen: readonly Seen[]): NonNullable<BreakerStatus['breaker']> {
  const same = seen.filter(({ breaker }) => breaker === state);
  const since = same.flatMap((one) => one.since ?? []);
  return { state, ...(since.length > 0 && { since: Math.min(...since) }), workers: same.length };
}

function reasonsOf(failing: readonly { readonly reason: string }[]): readonly string[] {
  return [...new Set(failing.map(({ reason }) => reason))].slice(0, MOST_REASONS);
}
