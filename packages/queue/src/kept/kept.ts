import type { Callback, Fault } from '@ringback/contracts';

/** Something that waits for a person to decide: a dead letter, or a callback in quarantine. */
export type Kept = {
  /** The BullMQ queue and the job in it. */
  readonly queue: string;
  readonly id: string;
  /** One delivery; several that share a job of ours; a callback; or what is no payload of ours. */
  readonly kind: 'delivery' | 'batch' | 'callback' | 'unreadable';
  /** Where the bodies stand, if not in the job. What an output that left the settings holds has no job. */
  readonly bodies?: string | undefined;
  /** The output of a delivery. */
  readonly output?: string | undefined;
  readonly callbacks: readonly (Pick<Callback, 'id' | 'source' | 'account'> & { readonly type?: string })[];
  /** Holds no personal data. */
  readonly reason: string;
  readonly fault: Fault;
  /** The error code of a quarantined callback. */
  readonly code?: string | undefined;
  /** It did not fail: it stands there because its output left the settings. */
  readonly removed?: boolean | undefined;
  /** Attempts made so far, whoever made them. */
  readonly attempts: number;
  /** Since when it stands there, ms since the epoch. */
  readonly time: number;
  /** The job's data from Redis. Holds personal data: shown only to a person who asks for this entry. */
  readonly payload: unknown;
};

/** Which of them; what is absent does not matter. */
export type KeptFilter = {
  /** A job's id, or a request id. */
  readonly id?: string | undefined;
  readonly output?: string | undefined;
  readonly source?: string | undefined;
  /** Part of the reason, in whatever case. */
  readonly reason?: string | undefined;
  /** ms since the epoch, both inclusive. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
};

/** What a person can do about them. */
export type KeptStore = {
  /** Queue by queue, newest first, in pages. No entry that stays is missed; one may come twice while others go. */
  find(filter: KeptFilter): AsyncIterable<Kept>;
  /** Sends it again, under the same idempotency key. Resolves with the reason if it could not: then it stays. */
  replay(kept: Kept): Promise<string | undefined>;
  /** Removes it for good; resolves as `replay` does. */
  purge(kept: Kept): Promise<string | undefined>;
  close(): Promise<void>;
};

export const GONE = 'no longer there';

export function fits(kept: Kept, { id, output, source, reason, since, until }: KeptFilter): boolean {
  return (
    (id === undefined || kept.id === id || kept.callbacks.some((callback) => callback.id === id)) &&
    (output === undefined || kept.output === output) &&
    (source === undefined || kept.callbacks.some((callback) => callback.source === source)) &&
    (reason === undefined || kept.reason.toLowerCase().includes(reason.toLowerCase())) &&
    (since === undefined || kept.time >= since) &&
    (until === undefined || kept.time <= until)
  );
}
