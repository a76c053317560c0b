/** How much is measured. */
export type Plan = {
  /** Of each part, all contestants taking turns in each. */
  readonly rounds: number;
  /** How long each ingress is loaded, s: with all connections, at 30 %, with one. */
  readonly full: number;
  readonly partial: number;
  readonly single: number;
  /** Callbacks for each way of delivering them, as `<outputs>x<destination's ms>`. */
  readonly deliveries: readonly { readonly outputs: 1 | 3; readonly delayMs: number; readonly callbacks: number }[];
  /** How long callbacks come for the end-to-end time, s. */
  readonly endToEnd: number;
  /** Callbacks of the backlog, in ten steps. */
  readonly backlog: number;
};

/** What fits into five minutes on two cores. */
export const DEFAULT_PLAN: Plan = {
  rounds: 3,
  full: 3,
  partial: 2.5,
  single: 1,
  deliveries: [
    { outputs: 1, delayMs: 0, callbacks: 8000 },
    { outputs: 3, delayMs: 0, callbacks: 3000 },
    { outputs: 1, delayMs: 20, callbacks: 2500 },
    { outputs: 3, delayMs: 20, callbacks: 2000 },
  ],
  endToEnd: 2.5,
  backlog: 100_000,
};

/** Shows that it runs, and nothing more. */
export const QUICK_PLAN: Plan = {
  rounds: 1,
  full: 0.5,
  partial: 0.5,
  single: 0.2,
  deliveries: [
    { outputs: 1, delayMs: 0, callbacks: 500 },
    { outputs: 3, delayMs: 0, callbacks: 200 },
    { outputs: 1, delayMs: 20, callbacks: 200 },
    { outputs: 3, delayMs: 20, callbacks: 200 },
  ],
  endToEnd: 0.5,
  backlog: 2000,
};

export const MILLION = 1_000_000;
