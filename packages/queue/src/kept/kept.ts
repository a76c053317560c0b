import type { Callback, Fault } from '@ringback/contracts';

/** A dead letter, or a callback in quarantine. */
export type Kept = {
  /** In the history, not in Redis. */
  readonly rests?: true;
  /** The number of its shard, if there are several. */
  readonly shard?: number;
  readonly queue: string;
  readonly id: string;
  /** `batch`: several deliveries. `unreadable`: no payload of ours. */
  readonly kind: 'delivery' | 'batch' | 'callback' | 'unreadable';
  /** Id of stored bodies. */
  readonly bodies?: string | undefined;
  readonly output?: string | undefined;
  readonly callbacks: readonly (Pick<Callback, 'id' | 'source' | 'account'> & Partial<Pick<Callback, 'type' | 'receivedAt'>>)[];
  /** Holds no personal data. */
  readonly reason: string;
  readonly fault: Fault;
  readonly code?: string | undefined;
  /** Its output left the settings. */
  readonly removed?: boolean | undefined;
  readonly attempts: number;
  /** ms since the epoch. */
  readonly time: number;
  /** Holds personal data: only for a person who asks for this entry. */
  readonly payload: unknown;
};

export type KeptFilter = {
  /** A job's id, or a request id. */
  readonly id?: string | undefined;
  readonly output?: string | undefined;
  readonly source?: string | undefined;
  /** Part of the reason, in whatever case. */
  readonly reason?: string | undefined;
  /** ms since the epoch, inclusive. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
};

export type KeptStore = {
  /**
   * Newest first by `time`, over all queues. The exception: what a removed output's queue still held stands there in
   * another order. An entry may come twice while others go.
   */
  find(filter: KeptFilter): AsyncIterable<Kept>;
  /** Under the same idempotency key. Resolves with the reason if it could not: then it stays. */
  replay(kept: Kept): Promise<string | undefined>;
  /** Resolves as `replay` does. */
  purge(kept: Kept): Promise<string | undefined>;
  close(): Promise<void>;
};

export const GONE = 'no longer there';

export async function* fitting(entries: AsyncIterable<Kept>, filter: KeptFilter): AsyncGenerator<Kept> {
  for await (const kept of entries) if (fits(kept, filter)) yield kept;
}

function fits(kept: Kept, { id, output, source, reason, since, until }: KeptFilter): boolean {
  return (
    (id === undefined || kept.id === id || kept.callbacks.some((callback) => callback.id === id)) &&
    (output === undefined || kept.output === output) &&
    (source === undefined || kept.callbacks.some((callback) => callback.source === source)) &&
    (reason === undefined || kept.reason.toLowerCase().includes(reason.toLowerCase())) &&
    (since === undefined || kept.time >= since) &&
    (until === undefined || kept.time <= until)
  );
}
