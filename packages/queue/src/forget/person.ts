import type { Callback } from '@ringback/contracts';

/** Whose callbacks are to be removed. */
export type Person = {
  readonly isIn: (callback: Callback) => boolean;
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
