import type { DeliveryResult, DeliverySettings } from '@ringback/contracts';
import { createFailureStreak, type FailureStreak, type Streak } from './failure-streak.ts';

export type BreakerState = 'closed' | 'open' | 'probing';

type Made = { readonly result: DeliveryResult };

/** By this process's own attempts. */
type BreakerStatus = {
  readonly state: BreakerState;
  /** Absent after a sign of life. */
  readonly failing?: { readonly forMs: number; readonly failures: number; readonly reason: string };
};

type Attempting<M extends Made> = { readonly make: (probe: boolean) => Promise<M>; readonly repeated: boolean };

/**
 * Closed: attempts pass. Open: none until the cool-down or Retry-After is over. Probing: one passes and
 * decides. Opens after failures in a row, or after a time without success. Any result but `retry` is a sign
 * of life. A body that we cannot decrypt changes nothing: the destination was not asked.
 */
export type Breaker = {
  /** `repeated`: the delivery failed before. Rejects as `make` does. */
  run<M extends Made>(make: (probe: boolean) => Promise<M>, repeated?: boolean): Promise<M | 'held'>;
  readonly state: () => BreakerState;
  readonly status: () => BreakerStatus;
  /** Of the destination, since its last sign of life. */
  readonly failures: () => number;
  /** For the same output under other settings. */
  readonly known: () => Known;
};

/** Times by the same clock. `circuit`: what may open it. `shown`: for people. */
type Known = {
  readonly state: BreakerState;
  readonly circuit: Streak | undefined;
  readonly shown: Streak | undefined;
  readonly ofDestination: Streak | undefined;
};

export type BreakerChange = {
  readonly state: BreakerState;
  readonly reason?: string;
  readonly forMs?: number;
  /** Number and age of the first, since the last sign of life. */
  readonly failures?: number;
  readonly failingMs?: number;
};

export type BreakerOptions = {
  readonly settings: DeliverySettings['breaker'];
  /** Monotonic, ms. */
  readonly now: () => number;
  readonly schedule: (run: () => void, ms: number) => void;
  readonly onChange: (change: BreakerChange) => void;
  /** Of the same output under earlier settings: only a sign of life ends its failing. */
  readonly before?: Known | undefined;
};

/** Not cockatiel or opossum: they decide per call and by the system clock. This one holds a consumer. */
export function createBreaker(options: BreakerOptions): Breaker {
  const circuit = createCircuit(options);
  const { shown, ofDestination, streaks, note } = createNotes(options);
  let verdict: Promise<void> | undefined;

  async function probe<M extends Made>({ make }: Attempting<M>): Promise<M> {
    const { promise, resolve } = Promise.withResolvers<void>();
    verdict = promise;
    try {
      const made = await make(true);
      note(made.result);
      if (tellsOfDestination(made.result, false)) circuit.judge(made.result, true);
      return made;
    } finally {
      verdict = undefined;
      resolve();
    }
  }

  async function run<M extends Made>(attempting: Attempting<M>): Promise<M | 'held'> {
    if (verdict) {
      await verdict;
      return run(attempting);
    }
    if (circuit.state() === 'open') return 'held';
    if (circuit.state() === 'probing') return probe(attempting);
    const made = await attempting.make(false);
    note(made.result);
    if (tellsOfDestination(made.result, attempting.repeated)) circuit.judge(made.result, false);
    return made;
  }

  const { state } = circuit;
  return {
    state,
    status: () => statusOf(circuit, shown, options.now),
    failures: ofDestination.failures,
    known: () => ({ ...streaks(), state: state(), circuit: circuit.failing() }),
    run: (make, repeated = false) => run({ make, repeated }),
  };
}

type Failed = Extract<DeliveryResult, { outcome: 'retry' }>;

function createCircuit({ settings, now, schedule, onChange, before }: BreakerOptions) {
  const streak = createFailureStreak(settings, now, before?.circuit);
  let [state, openUntil]: [BreakerState, number] = [firstState(settings, before), 0];

  function change(next: BreakerChange): void {
    state = next.state;
    onChange(next);
  }

  function wake(): void {
    if (state !== 'open') return;
    const left = openUntil - now();
    if (left > 0) schedule(wake, left);
    else change({ state: 'probing' });
  }

  /** Attempts that began before may only lengthen the pause. */
  function open(forMs: number, { reason, failures, since }: Streak): void {
    openUntil = Math.max(openUntil, now() + forMs);
    if (state === 'open') return;
    change({ state: 'open', reason, forMs, failures, failingMs: Math.round(now() - since) });
    schedule(wake, forMs);
  }

  function fail({ reason, afterMs = 0 }: Failed, probe: boolean): void {
    const failing = streak.add(reason);
    if (!settings.enabled) return;
    const asked = Math.min(afterMs, settings.maxHold);
    const long = probe || (state === 'closed' && streak.isLong());
    if (long || asked > 0) open(Math.max(asked, long ? settings.cooldown : 0), failing);
  }

  return {
    state: () => state,
    failing: streak.current,
    judge(result: DeliveryResult, probe: boolean): void {
      if (result.outcome !== 'retry') {
        if (state !== 'closed' && !(probe && state === 'probing')) return;
        streak.end();
        if (state !== 'closed') change({ state: 'closed' });
        return;
      }
      fail(result, probe);
    },
  };
}

/** Where no attempt passed, the first one under the new settings decides. */
function firstState({ enabled }: BreakerOptions['settings'], before: BreakerOptions['before']): BreakerState {
  return enabled && before !== undefined && before.state !== 'closed' ? 'probing' : 'closed';
}

function createNotes({ settings, now, before }: BreakerOptions) {
  /** For people. Counts every attempt, also of a delivery at fault itself. */
  const shown = createFailureStreak(settings, now, before?.shown);
  const ofDestination = createFailureStreak(settings, now, before?.ofDestination);
  function note(result: DeliveryResult): void {
    shown.note(result);
    if (!isUnreadable(result)) ofDestination.note(result);
  }
  const streaks = () => ({ shown: shown.current(), ofDestination: ofDestination.current() });
  return { shown, ofDestination, streaks, note };
}

const isUnreadable = (result: DeliveryResult) => result.outcome === 'retry' && result.failure === 'unreadable';

/** An error that one delivery gets repeatedly may be its own fault. For what we cannot decrypt nobody was asked. */
function tellsOfDestination(result: DeliveryResult, repeated: boolean): boolean {
  if (result.outcome !== 'retry') return true;
  if (isUnreadable(result)) return false;
  return !repeated || result.failure === 'unavailable' || result.afterMs !== undefined;
}

function statusOf(circuit: ReturnType<typeof createCircuit>, shown: FailureStreak, now: () => number): BreakerStatus {
  const state = circuit.state();
  return { state, ...failingOf(state === 'closed' ? longOnly(shown) : circuit.failing(), now) };
}

function longOnly(streak: FailureStreak): Streak | undefined {
  return streak.isLong() ? streak.current() : undefined;
}

function failingOf(failing: Streak | undefined, now: () => number): Pick<BreakerStatus, 'failing'> {
  if (!failing) return {};
  const { since, failures, reason } = failing;
  return { failing: { forMs: now() - since, failures, reason } };
}
