import type { Fault } from '@ringback/contracts';

export const REST_KINDS = ['parked', 'dead-letter', 'quarantine', 'unrouted'] as const;

/** Why something rests in the store in place of Redis. */
export type RestKind = (typeof REST_KINDS)[number];

/** A delivery or a callback that rests. It is complete: it depends on no other row, and nothing prunes it. */
export type RestEntry = {
  /** Derived from what it is, so that resting again is the same entry. */
  readonly id: string;
  readonly kind: RestKind;
  readonly output?: string | undefined;
  readonly key: string;
  /** `placeOfKey(key)`: by it the shard is found to which it returns. */
  readonly place: number;
  readonly requestID: string;
  readonly source: string;
  readonly account: string;
  readonly type?: string | undefined;
  readonly batch?: string | undefined;
  readonly receivedAt: number;
  /** Since when it rests. */
  readonly at: number;
  /** Without personal data. */
  readonly reason?: string | undefined;
  readonly code?: string | undefined;
  readonly fault?: Fault | undefined;
  readonly attempts?: number | undefined;
  /** JSON text: all that is needed to bring it back. Holds personal data. */
  readonly payload: string;
};

/** `round` grows each time that it rests anew: what returned an earlier round cannot remove this one. */
export type Resting = RestEntry & { readonly round: number };

export type RestFilter = {
  readonly kinds?: readonly RestKind[] | undefined;
  readonly output?: string | undefined;
  readonly source?: string | undefined;
  /** Its `id`, `requestID` or `key`. */
  readonly id?: string | undefined;
  /** Part of the reason, in whatever case. */
  readonly reason?: string | undefined;
  /** By `at`, ms, inclusive. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
};

export type RestCount = {
  readonly kind: RestKind;
  readonly output?: string | undefined;
  readonly count: number;
  /** Of payloads. */
  readonly bytes: number;
  /** `receivedAt` of the oldest. */
  readonly oldest: number;
};

/** What stands still and would fill Redis. Each call is durable when it resolves, a crash of the machine included. */
export type RestStore = {
  /** An entry that is there keeps its place and gets a new round. */
  put(entries: readonly RestEntry[]): Promise<void>;
  /** In order of `receivedAt`. `shard`: only those whose place modulo `of` is `number`. */
  oldest(
    wanted: { readonly kind: RestKind; readonly output?: string | undefined; readonly shard?: { number: number; of: number } },
    limit: number,
  ): Promise<Resting[]>;
  /** Resolves to how many there were. Entries that rest anew since stay. */
  remove(entries: readonly Pick<Resting, 'id' | 'round'>[]): Promise<number>;
  /** Only their payloads, of those whose payload and round still are these. Resolves to how many were replaced. */
  replace(entries: readonly (Pick<Resting, 'id' | 'round' | 'payload'> & { readonly was: string })[]): Promise<number>;
  /** The newest first by `at`. */
  find(
    filter: RestFilter,
    page: { readonly limit: number; readonly after?: Pick<Resting, 'at' | 'id'> | undefined },
  ): Promise<Resting[]>;
  counts(): Promise<RestCount[]>;
};
