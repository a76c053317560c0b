import type { Subjects } from '@ringback/contracts';
import type { CallbackRef, DeliveryRow, Fate } from '@ringback/history';

/** One that a search found. Times in ms since the epoch. `body` holds personal data. */
export type Found = CallbackRef & {
  readonly id: string;
  readonly source: string;
  readonly account: string;
  readonly type?: string | undefined;
  readonly body?: string | undefined;
  readonly subjects: Subjects;
  readonly fate?: Fate | undefined;
  readonly repeats: { readonly duplicates: number; readonly conflicts: number };
  readonly deliveries: readonly Pick<DeliveryRow, 'output' | 'state' | 'at' | 'reason' | 'nextAt'>[];
  /** It is kept, and the history has no row of it. */
  readonly kept?: { readonly id: string; readonly since: number; readonly reason: string; readonly code?: string | undefined };
};

/** The newest first, as a page of the history. */
export function newestFirst(a: CallbackRef, b: CallbackRef): number {
  return b.receivedAt - a.receivedAt || (a.key < b.key ? 1 : a.key > b.key ? -1 : 0);
}

export const refId = ({ key, receivedAt }: CallbackRef) => `${receivedAt} ${key}`;
