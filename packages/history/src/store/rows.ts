import type { Callback, Fault, Subjects } from '@ringback/contracts';
import type { CallbackRef, DeliveryState, Fate } from '../events.ts';

/** `callbackKey` of it is `key`. */
export type CallbackRow = Omit<Callback, 'body'> & {
  readonly key: string;
  /** The very text. Undefined: `keepBodies` is over, or `forget` removed it. */
  readonly body?: string | undefined;
  readonly batch: string;
  readonly dispatchedAt: number;
  readonly settings: string;
  readonly fate: Fate;
  readonly subjects: Subjects;
};

/** A later arrival of a callback. `receivedAt` is its own. */
export type RepeatRow = CallbackRef & { readonly as: 'duplicate' | 'conflict' };

export type AttemptRow = CallbackRef & {
  readonly output: string;
  readonly number: number;
  readonly at: number;
  readonly ms: number;
  readonly outcome: 'delivered' | 'retry' | 'dead';
  readonly status?: number | undefined;
  readonly reason?: string | undefined;
  readonly fault?: Fault | undefined;
  readonly nextAt?: number | undefined;
  readonly answer?: string | undefined;
};

/**
 * The state of a delivery since `at`. That an attempt failed and another follows loses against all else: clocks go back.
 * Of the others the newest wins; at the same time, one that is not `waiting`.
 */
export type DeliveryRow = CallbackRef & {
  readonly output: string;
  readonly state: DeliveryState;
  readonly at: number;
  readonly reason?: string | undefined;
  readonly fault?: Fault | undefined;
  /** A person, a rule or the parker made it so, no attempt. */
  readonly changed?: true | undefined;
  /** Of a delivery that waits for its next attempt. */
  readonly nextAt?: number | undefined;
  /** When it was parked last, and came back last. Kept whatever state wins. */
  readonly parkedAt?: number | undefined;
  readonly returnedAt?: number | undefined;
};

export type RefusalRow = {
  readonly process: string;
  readonly minute: number;
  readonly source?: string | undefined;
  readonly code: string;
  readonly count: number;
};

export type ActionRow = {
  readonly id: string;
  readonly at: number;
  readonly by: string;
  readonly command: string;
  readonly facts: Readonly<Record<string, string | number | boolean>>;
  readonly callbacks: readonly CallbackRef[];
};

/** What was dropped before it was written. `id` makes writing it again change nothing. */
export type GapRow = {
  readonly id: string;
  readonly from: number;
  readonly to: number;
  readonly callbacks: number;
  readonly attempts: number;
  readonly reason: string;
};

export type HistoryRows = {
  readonly callbacks: readonly CallbackRow[];
  readonly repeats: readonly RepeatRow[];
  readonly deliveries: readonly DeliveryRow[];
  readonly attempts: readonly AttemptRow[];
  readonly refusals: readonly RefusalRow[];
  readonly actions: readonly ActionRow[];
  readonly gaps: readonly GapRow[];
};

export const NO_ROWS: HistoryRows = {
  callbacks: [],
  repeats: [],
  deliveries: [],
  attempts: [],
  refusals: [],
  actions: [],
  gaps: [],
};
