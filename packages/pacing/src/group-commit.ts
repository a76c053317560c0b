export type GroupCommitOptions<T> = {
  /** Settles the promises of all members. MUST be bounded in time. */
  readonly write: (group: readonly T[]) => Promise<void>;
  readonly sizeOf: (item: T) => number;
  readonly maxItems: number;
  /** Bytes. A larger single item goes alone. */
  readonly maxBytes: number;
  /** ms. Items that waited longer are refused with `error()`. */
  readonly expiry?: { readonly after: number; readonly error: () => Error; readonly now: () => number };
  /** Called when a group of several begins. The next group that is not full waits for it. */
  readonly pace?: () => Promise<void>;
};

export type GroupCommit<T> = {
  /** Resolves once the write of the item has succeeded. */
  submit(item: T): Promise<void>;
  /** Resolves when nothing waits or is under way. */
  idle(): Promise<void>;
};

type Waiting<T> = { item: T; since: number; resolve: () => void; reject: (error: unknown) => void };

/**
 * Items that arrive during a write go together in the next one. Without a write under way an item goes at
 * once.
 */
export function createGroupCommit<T>(options: GroupCommitOptions<T>): GroupCommit<T> {
  let waiting: Waiting<T>[] = [];
  let running: Promise<void> | undefined;

  async function writeAll(): Promise<void> {
    while (waiting.length > 0) {
      const { group, rest } = nextGroup(waiting, options);
      waiting = rest;
      const paced = group.length > 1 ? options.pace?.() : undefined;
      if (group.length > 0) await writeGroup(group, options.write);
      if (waiting.length < options.maxItems) await paced;
    }
    running = undefined;
  }

  return {
    submit(item) {
      return new Promise((resolve, reject) => {
        waiting.push({ item, since: options.expiry?.now() ?? 0, resolve, reject });
        running ??= writeAll();
      });
    },
    idle: async () => running,
  };
}

async function writeGroup<T>(group: readonly Waiting<T>[], write: GroupCommitOptions<T>['write']): Promise<void> {
  try {
    await write(group.map(({ item }) => item));
    for (const { resolve } of group) resolve();
  } catch (error) {
    for (const { reject } of group) reject(error);
  }
}

function nextGroup<T>(line: readonly Waiting<T>[], options: GroupCommitOptions<T>): { group: Waiting<T>[]; rest: Waiting<T>[] } {
  const { expiry } = options;
  const oldest = expiry ? expiry.now() - expiry.after : 0;
  const group: Waiting<T>[] = [];
  let bytes = 0;
  let taken = 0;
  for (const entry of line) {
    if (expiry && entry.since < oldest) {
      entry.reject(expiry.error());
    } else {
      bytes += options.sizeOf(entry.item);
      if (group.length === options.maxItems || (group.length > 0 && bytes > options.maxBytes)) break;
      group.push(entry);
    }
    taken += 1;
  }
  return { group, rest: line.slice(taken) };
}
