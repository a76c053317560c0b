import type { Layout } from './cluster.ts';

export type Plan = {
  /** All contestants take turns in each. */
  readonly rounds: number;
  /** Of two checkouts, likewise: more, since they differ by little. */
  readonly roundsAgainst: number;
  /** Before Redis is measured: time to free memory and to close connections. */
  readonly settleMs: number;
  /** Ingress: s, three times. Worker: number of callbacks, then s. */
  readonly warmUp: { readonly seconds: number; readonly callbacks: number; readonly workerSeconds: number };
  /** s: all connections, 30 %, one; end to end; two processes against one. */
  readonly seconds: {
    readonly full: number;
    readonly partial: number;
    readonly single: number;
    readonly endToEnd: number;
    readonly two: number;
  };
  /** s, for each number of outputs and delay. */
  readonly deliveries: readonly (Way & { readonly seconds: number })[];
  /** In ten steps. */
  readonly backlog: number;
  readonly history: {
    readonly rounds: number;
    /** s at full load; s of deliveries. */
    readonly seconds: number;
    /** That a writer brings to an empty store. */
    readonly written: number;
    /** That a store holds while it is asked. */
    readonly kept: number;
    /** Times that each question is asked. */
    readonly turns: number;
  };
  /** Encryption and metrics: on and off. */
  readonly pairs: {
    readonly rounds: number;
    /** s of acks, then of deliveries. */
    readonly seconds: number;
    /** s of both at once. */
    readonly scrapedSeconds: number;
    /** Of metrics, read one after the other. */
    readonly pages: number;
    /** Callbacks, in a loop that only counts. */
    readonly counted: number;
  };
  /** Callbacks at full load and one at a time, and s without any. */
  readonly shards: {
    readonly layouts: readonly Layout[];
    readonly callbacks: number;
    readonly alone: number;
    readonly standingSeconds: number;
  };
};

export type Way = { readonly outputs: 1 | 3; readonly delayMs: 0 | 20 };

/** Five minutes on two cores. */
export const DEFAULT_PLAN: Plan = {
  rounds: 3,
  roundsAgainst: 8,
  settleMs: 100,
  warmUp: { seconds: 1, callbacks: 3000, workerSeconds: 4 },
  seconds: { full: 2.5, partial: 2, single: 1, endToEnd: 2, two: 1.5 },
  deliveries: [
    { outputs: 1, delayMs: 0, seconds: 2 },
    { outputs: 3, delayMs: 0, seconds: 1.5 },
    { outputs: 1, delayMs: 20, seconds: 1 },
    { outputs: 3, delayMs: 20, seconds: 1 },
  ],
  backlog: 50_000,
  history: { rounds: 5, seconds: 2, written: 100_000, kept: 1_000_000, turns: 7 },
  pairs: { rounds: 5, seconds: 1.5, scrapedSeconds: 6, pages: 100, counted: 300_000 },
  shards: {
    layouts: [
      { shards: 1, servers: 1 },
      { shards: 2, servers: 1 },
      { shards: 4, servers: 1 },
      { shards: 2, servers: 2 },
      { shards: 4, servers: 2 },
      { shards: 4, servers: 4 },
    ],
    callbacks: 20_000,
    alone: 2000,
    standingSeconds: 2,
  },
};

/** Shows only that it runs. */
export const QUICK_PLAN: Plan = {
  rounds: 1,
  roundsAgainst: 1,
  settleMs: 0,
  warmUp: { seconds: 0.05, callbacks: 100, workerSeconds: 0.05 },
  seconds: { full: 0.3, partial: 0.3, single: 0.1, endToEnd: 0.3, two: 0.1 },
  deliveries: [
    { outputs: 1, delayMs: 0, seconds: 0.2 },
    { outputs: 3, delayMs: 0, seconds: 0.2 },
    { outputs: 1, delayMs: 20, seconds: 0.2 },
    { outputs: 3, delayMs: 20, seconds: 0.2 },
  ],
  backlog: 1000,
  history: { rounds: 1, seconds: 0.2, written: 500, kept: 2000, turns: 2 },
  pairs: { rounds: 1, seconds: 0.2, scrapedSeconds: 0.3, pages: 3, counted: 1000 },
  shards: {
    layouts: [
      { shards: 1, servers: 1 },
      { shards: 4, servers: 2 },
    ],
    callbacks: 60,
    alone: 20,
    standingSeconds: 0.1,
  },
};

export const MILLION = 1_000_000;

/** Reversed every second round. */
export function inTurn<T>(contestants: readonly T[], round: number): readonly T[] {
  return round % 2 === 1 ? contestants : contestants.toReversed();
}
