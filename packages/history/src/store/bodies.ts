import type { CallbackRef } from '../events.ts';

/** A callback's body, known by how it begins: an encrypted one begins with its key. */
export type BodyHead = CallbackRef & { readonly head: string };

/** Characters of a head: `rb1.<8 of the key>.` */
export const HEAD_LENGTH = 13;

type StoredBody = CallbackRef & { readonly body: string };

/** Bodies as they are stored, apart from their callbacks. */
export type BodyStore = {
  /** In portions, each read by itself. What is written meanwhile may be missed. */
  heads(): AsyncIterable<readonly BodyHead[]>;
  /** In any order. Those that are gone are left out. */
  read(refs: readonly CallbackRef[]): Promise<StoredBody[]>;
  /** One transaction. Bodies that are no longer as they `was` stay. Resolves to how many were replaced. */
  replace(changes: readonly (StoredBody & { readonly was: string })[]): Promise<number>;
};
