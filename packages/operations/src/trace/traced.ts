import type { Callback, Fault, Subjects } from '@ringback/contracts';
import type { ActionRow, AttemptRow, DeliveryState, Fate } from '@ringback/history';

/** Where a delivery stands at this moment. `unknown`: what holds it could not be asked, or it is moving. */
export type Where = 'done' | 'held' | 'queued' | 'later' | 'under way' | 'dead letter' | 'parked' | 'unknown';

/** `replay`: the id of the one that made it. */
export type TracedAttempt = AttemptRow & { readonly replay?: string | undefined };

export type TracedDelivery = {
  readonly output: string;
  readonly state: DeliveryState;
  readonly where: Where;
  /** As far as they are written to the history, or wait for that. In order of time. */
  readonly attempts: readonly TracedAttempt[];
  /** How many there were by Redis, if it knows of more. */
  readonly attempted?: number | undefined;
  /** Of the state. ms since the epoch. */
  readonly since?: number | undefined;
  readonly reason?: string | undefined;
  readonly fault?: Fault | undefined;
  readonly nextAt?: number | undefined;
  /** Its last parking, once that is over. Without `to`, the history does not know until when. */
  readonly wasParked?: { readonly from: number; readonly to?: number | undefined } | undefined;
  /** A dead letter of before that is still kept, though a replay has gone on since. */
  readonly deadLetter?: { readonly since?: number | undefined; readonly reason?: string | undefined } | undefined;
};

/** `because` shows values of the body. Absent: the body, or the routes of that time, are not known. */
export type TracedRoute = { readonly number: number; readonly matched: boolean; readonly because?: string | undefined };

/** A callback that rests as a whole: in quarantine, or since no route matches it. */
export type RestingCallback = {
  readonly as: 'quarantined' | 'unrouted';
  readonly in: 'Redis' | 'history';
  /** For `quarantine show`. */
  readonly id: string;
  readonly since: number;
  readonly receivedAt?: number | undefined;
  readonly code?: string | undefined;
  readonly reason: string;
};

/**
 * `queued`: no worker has taken it. `dispatched`: it went where its routes say. `refused`: it was not acked, and is in
 * quarantine.
 */
export type CallbackStage = 'queued' | 'being dispatched' | 'dispatched' | 'refused';

/** Without a history only the key may be left of a callback that is done. */
export type TracedCallback = Partial<Callback> & {
  readonly key: string;
  readonly stage: CallbackStage;
  readonly subjects: Subjects;
  readonly batch?: string | undefined;
  /** Of OpenTelemetry, if it is sampled and something still holds it. */
  readonly trace?: string | undefined;
  readonly dispatchedAt?: number | undefined;
  readonly fate?: Fate | undefined;
  readonly repeats: { readonly duplicates: number; readonly conflicts: number };
};

/** One callback's story. Times in ms since the epoch. Holds personal data. */
export type Traced = {
  readonly callback: TracedCallback;
  readonly routes: readonly TracedRoute[];
  readonly deliveries: readonly TracedDelivery[];
  readonly resting: readonly RestingCallback[];
  readonly actions: readonly ActionRow[];
  /** What is not known of this one, and why. */
  readonly notes: readonly string[];
};
