/** What may travel together in one write. */
export type GroupCommitOptions<T> = {
  /** Writes one group. It settles the promises of all its members. MUST be bounded in time. */
  readonly write: (group: readonly T[]) => Promise<void>;
  readonly sizeOf: (item: T) => number;
  readonly maxItems: number;
  /** Bytes. A larger single item goes alone. */
  readonly maxBytes: number;
  /** An item that waited longer than `after` ms is refused with `error()`. Absent: items wait for any time. */
  readonly expiry?: { readonly after: number; readonly error: () => Error; readonly now: () => number };
  /** Called when a group of several begins: the next group that is not full waits until this resolves. */
  readonly pace?: () => Promise<void>;
};

export type GroupCommit<T> = {
  /** Resolves only after the write that holds the item has succeeded. */
  submit(item: T): Promise<void>;
  /** Resolves when nothing waits or is under way. */
  idle(): Promise<void>;
};

type Waiting<T> = { item: T; since: number; resolve: () => void; reject: (error: unknown) => void };

/**
 * Group commit: items that arrive during a write wait and go together in the next one.
 * An item that finds no write under way goes at once, alone.
 */
export function createGroupCommit<T>(options: GroupCommitOptions<T>): GroupCommit<T> {
  let waiting: Waiting<T>[] = [];
  let running: Promise<void> | undefined;

  async function writeAll(): Promise<void> {
    while (waiting.length > 0) {
      const { group, rest } = nextGroup(waiting, options);
      waiting = rest;
      const paced = group.length > 1 ? options.pace?.() : undefined;
      // One write at a time: what arrives meanwhile makes the next group.
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

/** Takes the next group from the front of the queue and refuses items that waited too long. */
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
