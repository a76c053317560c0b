import type { TaskProgress } from '@ringback/contracts';
import type { CallbackRef, DeliveryState } from '../events.ts';
import type { BodyStore } from './bodies.ts';
import type { RestStore } from './rest.ts';
import type { ActionRow, AttemptRow, CallbackRow, DeliveryRow, GapRow, HistoryRows, RefusalRow } from './rows.ts';

/** All must fit. Times in ms since the epoch by `receivedAt`, `since` inclusive, `until` exclusive. */
export type HistoryFilter = {
  readonly source?: string | undefined;
  readonly account?: string | undefined;
  /** A type, or a pattern as in routes: `callbot.task.*`, `*`. */
  readonly type?: string | undefined;
  /** Any delivery with this state (and `output`, and `reason`), or a callback without a route. */
  readonly state?: DeliveryState | 'unrouted' | undefined;
  readonly output?: string | undefined;
  /** Part of the reason of a delivery's state, in whatever case. */
  readonly reason?: string | undefined;
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  /** Any id: requestID, webhook-id (`msg_…`), key, task, order or call. */
  readonly id?: string | undefined;
  readonly task?: string | undefined;
  /** Part of the body's text, taken as it stands: no pattern. */
  readonly text?: string | undefined;
};

/** `after` is the last callback of the page before. */
export type Page = { readonly limit: number; readonly after?: CallbackRef | undefined; readonly bodies?: boolean };

export type FoundCallback = CallbackRow & {
  readonly repeats: { readonly duplicates: number; readonly conflicts: number };
  readonly deliveries: readonly DeliveryRow[];
};

/** Attempts in order of time. `actions` name no other callback. */
export type CallbackStory = FoundCallback & {
  readonly attempts: readonly AttemptRow[];
  readonly actions: readonly ActionRow[];
};

export type TaskSummary = {
  readonly source: string;
  readonly account: string;
  readonly task: string;
  readonly userTask?: string | undefined;
  readonly firstAt: number;
  readonly lastAt: number;
  /** The last that the task said of itself. Undefined: no such callback came. */
  readonly progress?: TaskProgress | undefined;
  /** Distinct ones that came. `finished`: with an order's own callback that says so. */
  readonly received: { readonly orders: number; readonly ordersFinished: number; readonly calls: number };
};

export type TaskStory = TaskSummary & {
  /** In order of time, each change once. */
  readonly history: readonly (TaskProgress & { readonly at: number })[];
  /** Orders that calls name and of which no callback of their own came, at most 1 000. */
  readonly ordersMissing: readonly string[];
  /** How many such orders there are. */
  readonly ordersMissingCount: number;
};

export type HistoryStatus = {
  readonly store: 'sqlite' | 'postgres';
  readonly schemaVersion: number;
  readonly callbacks: number;
  readonly deliveries: number;
  readonly attempts: number;
  readonly bodies: number;
  /** On disk, bytes. */
  readonly bytes: number;
  readonly oldest?: number | undefined;
  readonly newest?: number | undefined;
  readonly gaps: readonly GapRow[];
};

export type PruneLimits = {
  /** Callbacks received before this go, with all that belongs to them. */
  readonly before?: number | undefined;
  readonly bodiesBefore?: number | undefined;
};

export type Pruned = { readonly callbacks: number; readonly bodies: number };

/** What `forget` removes: all callbacks that one of these names. */
export type ForgetSelection = { readonly refs: readonly CallbackRef[]; readonly rest: readonly string[] };

export type Forgotten = {
  readonly callbacks: number;
  readonly resting: number;
  /** False: rows are gone, and a vacuum must still overwrite their place on disk. `how` says what to run. */
  readonly erased: boolean;
  readonly how?: string | undefined;
};

/**
 * A history. Every method may reject with RingbackError RB_HISTORY_UNAVAILABLE (away, locked, full, read-only: try
 * again later) or RB_HISTORY_UNUSABLE (foreign, damaged, newer: a person must act).
 */
export type HistoryStore = {
  readonly kind: HistoryStatus['store'];
  /** One transaction. Writing the same again, in any order and from several processes, changes nothing. */
  write(rows: HistoryRows): Promise<void>;
  /** The newest first by `receivedAt`, then the greatest key, by code units. */
  find(filter: HistoryFilter, page: Page): Promise<FoundCallback[]>;
  count(filter: HistoryFilter): Promise<number>;
  /** With attempts and bodies. Those that are not there are left out. */
  stories(refs: readonly CallbackRef[]): Promise<CallbackStory[]>;
  refusals(range: { readonly since: number; readonly until: number }): Promise<RefusalRow[]>;
  /** The newest first. */
  actions(limit: number): Promise<ActionRow[]>;
  /** The newest first by `lastAt`. */
  tasks(limit: number): Promise<TaskSummary[]>;
  /** By the provider's or the customer's id. Several accounts may have the same. */
  task(id: string): Promise<TaskStory[]>;
  status(): Promise<HistoryStatus>;
  prune(limits: PruneLimits): Promise<Pruned>;
  /** How many of each kind a call of `forget` should name at most. Infinity: all of them, as `how` speaks of one call. */
  readonly forgetsAtOnce: number;
  forget(selection: ForgetSelection): Promise<Forgotten>;
  /** Everything but what rests, in order of time, in portions that `write` takes. */
  all(): AsyncIterable<HistoryRows>;
  readonly rest: RestStore;
  readonly bodies: BodyStore;
  close(): Promise<void>;
};
