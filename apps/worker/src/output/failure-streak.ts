import type { DeliveryResult, DeliverySettings } from '@ringback/contracts';

/** `since`: the end of the first failure. `reason`: of the last. */
export type Streak = { readonly since: number; readonly failures: number; readonly reason: string };

export type FailureStreak = {
  readonly current: () => Streak | undefined;
  readonly failures: () => number;
  add(reason: string): Streak;
  end(): void;
  note(result: DeliveryResult): void;
  /** Many failures in a row, or fewer over some time. */
  isLong(): boolean;
};

export function createFailureStreak(
  { failures: many, failingFor }: DeliverySettings['breaker'],
  now: () => number,
  /** Of the same output under earlier settings. */
  before?: Streak,
): FailureStreak {
  let streak = before;

  const add = (reason: string) => (streak = { since: streak?.since ?? now(), failures: (streak?.failures ?? 0) + 1, reason });
  const end = () => void (streak = undefined);
  return {
    current: () => streak,
    failures: () => streak?.failures ?? 0,
    add,
    end,
    note: (result) => void (result.outcome === 'retry' ? add(result.reason) : end()),
    isLong() {
      if (!streak) return false;
      const { failures, since } = streak;
      return failures >= many || (failures >= 2 && now() - since >= failingFor);
    },
  };
}
