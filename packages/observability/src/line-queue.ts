type Waiting = { readonly resolve: () => void; readonly reject: (error: unknown) => void };

type Entry = {
  bytes: Buffer;
  /** Partly written: the rest MUST follow. */
  begun: boolean;
  waiting?: Waiting | undefined;
};

export const linesIn = (text: string) => text.split('\n').length - 1;

/** Entries per call. `writev` takes at most 1024 buffers. */
const MAX_AT_ONCE = 256;

export function createLineQueue() {
  const entries: Entry[] = [];
  const { sizes, count } = createSizes();

  function giveUp(entry: Entry, error: unknown): void {
    const at = entries.indexOf(entry);
    if (at === -1) return;
    count(entry, -1);
    entry.waiting?.reject(error);
    entry.waiting = undefined;
    if (entry.begun) count(entry, 1);
    else entries.splice(at, 1);
  }

  return {
    sizes,
    isEmpty: () => entries.length === 0,
    push(bytes: Buffer, waiting?: Waiting): Entry {
      const entry: Entry = { bytes, begun: false, waiting };
      entries.push(entry);
      count(entry, 1);
      return entry;
    },
    next: () => entries.slice(0, MAX_AT_ONCE).map(({ bytes }) => bytes),
    written: (bytes: number) => take(entries, bytes, count),
    giveUp,
    /** How many log lines there were. */
    dropLog(): number {
      const dropped = entries.filter(({ waiting }) => waiting === undefined);
      for (const entry of dropped) {
        count(entry, -1);
        entries.splice(entries.indexOf(entry), 1);
      }
      return dropped.reduce((lines, { bytes }) => lines + linesIn(bytes.toString('latin1')), 0);
    },
    /** Rejects all callers. Log lines stay. */
    giveUpAll(error: unknown): void {
      for (const entry of entries.filter(({ waiting }) => waiting !== undefined)) giveUp(entry, error);
    },
  };
}

function take(entries: Entry[], bytes: number, count: (entry: Entry, sign: 1 | -1) => void): void {
  let left = bytes;
  for (let first = entries[0]; first !== undefined && left > 0; first = entries[0]) {
    count(first, -1);
    if (left < first.bytes.length) {
      Object.assign(first, { begun: true, bytes: first.bytes.subarray(left) });
      count(first, 1);
      return;
    }
    left -= first.bytes.length;
    entries.shift();
    first.waiting?.resolve();
  }
}

function createSizes() {
  const sizes = { log: 0, waitedFor: 0 };
  const count = ({ bytes, waiting }: Entry, sign: 1 | -1): void => {
    sizes[waiting ? 'waitedFor' : 'log'] += sign * bytes.length;
  };
  return { sizes, count };
}
