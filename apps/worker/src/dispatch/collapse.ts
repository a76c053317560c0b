import { type Callback, callbackKey } from '@ringback/contracts';

export type Collapsed = {
  readonly unique: Map<string, Callback>;
  readonly duplicates: Callback[];
  readonly conflicts: Callback[];
  /** Not looked into: that is up to their shard. */
  readonly elsewhere: Map<number, Callback[]>;
};

/** Within a batch the first callback with a key counts. */
export function collapse(
  callbacks: readonly Callback[],
  open: (callback: Callback) => Callback,
  elsewhereOf: (key: string) => number | undefined = () => undefined,
): Collapsed {
  const collapsed: Collapsed = { unique: new Map(), duplicates: [], conflicts: [], elsewhere: new Map() };
  const { unique, duplicates, conflicts, elsewhere } = collapsed;
  for (const callback of callbacks) {
    const key = callbackKey(callback);
    const shard = elsewhereOf(key);
    if (shard !== undefined) {
      elsewhere.set(shard, [...(elsewhere.get(shard) ?? []), callback]);
      continue;
    }
    const first = unique.get(key);
    if (!first) unique.set(key, callback);
    else if (open(first).body === open(callback).body) duplicates.push(callback);
    else conflicts.push(callback);
  }
  return collapsed;
}
