/** How much is measured. */
export type Plan = {
  /** Of each part, all contestants taking turns in each. */
  readonly rounds: number;
  /** Of two checkouts, likewise: more, since they differ by little. */
  readonly roundsAgainst: number;
  /** Before the first round: how long each ingress is loaded (s, three times); how many callbacks each worker delivers, and for how long (s) it then goes on. */
  readonly warmUp: { readonly seconds: number; readonly callbacks: number; readonly workerSeconds: number };
  /** How long each ingress is loaded, s: with all connections, at 30 %, with one; ingress and worker together, end to end; and two processes against one. */
  readonly seconds: {
    readonly full: number;
    readonly partial: number;
    readonly single: number;
    readonly endToEnd: number;
    readonly two: number;
  };
  /** How long each way of delivering goes on, s: to so many outputs, whose destination takes so long. */
  readonly deliveries: readonly (Way & { readonly seconds: number })[];
  /** Callbacks of the backlog, in ten steps. */
  readonly backlog: number;
};

export type Way = { readonly outputs: 1 | 3; readonly delayMs: 0 | 20 };

/** What fits into five minutes on two cores. */
export const DEFAULT_PLAN: Plan = {
  rounds: 3,
  roundsAgainst: 8,
  warmUp: { seconds: 1, callbacks: 3000, workerSeconds: 4 },
  seconds: { full: 2.5, partial: 2, single: 1, endToEnd: 2, two: 1.5 },
  deliveries: [
    { outputs: 1, delayMs: 0, seconds: 2 },
    { outputs: 3, delayMs: 0, seconds: 1.5 },
    { outputs: 1, delayMs: 20, seconds: 1 },
    { outputs: 3, delayMs: 20, seconds: 1 },
  ],
  backlog: 50_000,
};

/** Shows that it runs, and nothing more. */
export const QUICK_PLAN: Plan = {
  rounds: 1,
  roundsAgainst: 1,
  warmUp: { seconds: 0.05, callbacks: 100, workerSeconds: 0.05 },
  seconds: { full: 0.3, partial: 0.3, single: 0.1, endToEnd: 0.3, two: 0.1 },
  deliveries: [
    { outputs: 1, delayMs: 0, seconds: 0.2 },
    { outputs: 3, delayMs: 0, seconds: 0.2 },
    { outputs: 1, delayMs: 20, seconds: 0.2 },
    { outputs: 3, delayMs: 20, seconds: 0.2 },
  ],
  backlog: 1000,
};

export const MILLION = 1_000_000;

/** Turns of a round: the other way round every second time, so that nobody always comes after the same one. */
export function inTurn<T>(contestants: readonly T[], round: number): readonly T[] {
  return round % 2 === 1 ? contestants : contestants.toReversed();
}
