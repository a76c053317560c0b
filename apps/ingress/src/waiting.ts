export type Waiting = {
  readonly bytes: number;
  at: number;
};

/** All operations are O(1). */
export type WaitingPool<T extends Waiting> = {
  readonly size: () => number;
  readonly bytes: () => number;
  readonly add: (item: T) => void;
  readonly remove: (item: T) => void;
  /** Without removing it. */
  readonly draw: () => T | undefined;
};

/** From 0 up to 1, exclusive. */
export function createWaitingPool<T extends Waiting>(random: () => number): WaitingPool<T> {
  const items: T[] = [];
  let bytes = 0;
  return {
    size: () => items.length,
    bytes: () => bytes,
    add(item) {
      item.at = items.length;
      items.push(item);
      bytes += item.bytes;
    },
    remove(item) {
      const last = items.pop();
      bytes -= item.bytes;
      if (!last || last === item) return;
      items[item.at] = last;
      last.at = item.at;
    },
    draw: () => items[Math.floor(random() * items.length)],
  };
}
