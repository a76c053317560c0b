import { within } from '@ringback/pacing';

const FRESH_FOR_MS = 5000;
const READ_WITHIN_MS = 2000;

export type SnapshotOptions<T> = {
  /** May never resolve. Undefined: there is nobody to ask. */
  readonly read: () => Promise<T | undefined>;
  /** Monotonic, ms. */
  readonly now: () => number;
  readonly failed: () => void;
  /** ms. For tests. */
  readonly readWithin?: number;
};

/** What was read at most 5 s ago. Undefined: it could not be read. Resolves within 2 s; reads once at a time. */
export function createSnapshot<T>({
  read,
  now,
  failed,
  readWithin = READ_WITHIN_MS,
}: SnapshotOptions<T>): () => Promise<T | undefined> {
  let last: { readonly value: T | undefined; readonly at: number } | undefined;
  let reading: Promise<T | undefined> | undefined;

  return async () => {
    if (last !== undefined && now() - last.at < FRESH_FOR_MS) return last.value;
    // One that hangs is not asked again: its commands would pile up.
    reading ??= read().finally(() => (reading = undefined));
    const value = await within(readWithin, reading).catch(() => undefined);
    last = { value, at: now() };
    if (value === undefined) failed();
    return value;
  };
}
