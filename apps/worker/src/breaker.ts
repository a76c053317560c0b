import type { DeliveryResult, DeliverySettings } from '@ringback/contracts';

export type BreakerState = 'closed' | 'open' | 'probing';

/** An attempt that was made. `probe`: it was the one by which an open breaker finds out. */
export type Made = { readonly result: DeliveryResult; readonly probe: boolean };

/**
 * Leaves a failing destination alone. Closed, attempts pass. Open, none does, until the cool-down or the destination's Retry-After is over. Then it is probing: the next attempt
 * goes alone, the others wait for what becomes of it, and it closes or opens the breaker again. Any answer that is not `retry` is a sign of life, also a refusal.
 */
export type Breaker = {
  /** Makes the attempt when it may be made, else `held`. Rejects as `make` does. */
  run(make: (probe: boolean) => Promise<DeliveryResult>): Promise<Made | 'held'>;
  readonly state: () => BreakerState;
};

type Change = { readonly state: BreakerState; readonly reason?: string; readonly forMs?: number };

export type BreakerOptions = {
  readonly settings: DeliverySettings['breaker'];
  /** ms. Only differences count: MUST NOT be a clock that can be set, or an output would be held for as long as it was set back. */
  readonly now: () => number;
  readonly schedule: (run: () => void, ms: number) => void;
  /** Hears of every change of state. */
  readonly onChange: (change: Change) => void;
};

/** No library: those known (cockatiel, opossum) decide per call, on the machine's own clock; here a consumer is to be held and let go at the moment of change, for as long as the destination asks. */
export function createBreaker(options: BreakerOptions): Breaker {
  const circuit = createCircuit(options);
  /** Resolves when the probe under way is over. */
  let verdict: Promise<void> | undefined;

  async function probe(make: (probe: boolean) => Promise<DeliveryResult>): Promise<Made> {
    const { promise, resolve } = Promise.withResolvers<void>();
    verdict = promise;
    try {
      const made = { result: await make(true), probe: true };
      circuit.judge(made);
      return made;
    } finally {
      verdict = undefined;
      resolve();
    }
  }

  async function run(make: (probe: boolean) => Promise<DeliveryResult>): Promise<Made | 'held'> {
    if (verdict) {
      await verdict;
      return run(make);
    }
    if (circuit.state() === 'open') return 'held';
    if (circuit.state() === 'probing') return probe(make);
    const made = { result: await make(false), probe: false };
    if (options.settings.enabled) circuit.judge(made);
    return made;
  }

  return { run, state: circuit.state };
}

function createCircuit({ settings, now, schedule, onChange }: BreakerOptions) {
  let state: BreakerState = 'closed';
  let failures = 0;
  let openUntil = 0;

  function change(next: Change): void {
    state = next.state;
    onChange(next);
  }

  function wake(): void {
    if (state !== 'open') return;
    const left = openUntil - now();
    if (left > 0) schedule(wake, left);
    else change({ state: 'probing' });
  }

  /** What fails while it is open, having begun before, may lengthen the hold and changes nothing else. */
  function open(forMs: number, reason: string): void {
    openUntil = Math.max(openUntil, now() + forMs);
    if (state === 'open') return;
    change({ state: 'open', reason, forMs });
    schedule(wake, forMs);
  }

  function fail({ reason, afterMs = 0, probe }: { reason: string; afterMs?: number; probe: boolean }): void {
    failures += 1;
    const asked = Math.min(afterMs, settings.maxHold);
    if (probe || (state === 'closed' && failures >= settings.failures)) open(Math.max(asked, settings.cooldown), reason);
    else if (asked > 0) open(asked, reason);
  }

  return {
    state: () => state,
    judge({ result, probe }: Made): void {
      if (result.outcome === 'retry') fail({ ...result, probe });
      else if (state === 'closed') failures = 0;
      else if (probe && state === 'probing') {
        failures = 0;
        change({ state: 'closed' });
      }
    },
  };
}
