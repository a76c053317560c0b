import type { Callback, QuarantinedCallback } from '@ringback/contracts';

/** Whose callbacks are to be removed. */
export type Person = {
  /** @throws RingbackError RB_KEY_MISSING or RB_BODY_TAMPERED */
  readonly isIn: (callback: Callback) => boolean;
  /** With a body that is no longer encrypted. @throws as `isIn` */
  readonly opened: (entry: QuarantinedCallback) => QuarantinedCallback;
  /** In text that is no callback of ours: a body that could not be read, an answer, a damaged payload. */
  readonly isNamed: (text: string) => boolean;
};

type ForgetPlace = 'callbacks' | 'deliveries' | 'dead letters' | 'quarantine' | 'unrouted';

/** What was found in one place. Deliveries count once for each output. */
export type ForgottenIn = {
  readonly place: ForgetPlace;
  readonly output?: string | undefined;
  readonly removed: number;
  /** A worker had them: they stay. */
  readonly underWay: number;
  /** Entries that name the person and are not of our making, or those of a newer Ringback: they stay. */
  readonly unreadable: number;
};
