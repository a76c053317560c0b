/** A request whose body is on its way. */
export type Waiting = {
  /** What its body may take. */
  readonly bytes: number;
  /** Where it stands; kept by the pool. */
  at: number;
};

/** Requests that wait for their bodies, any of which can be drawn, added or taken out at the same small cost. */
export type WaitingPool<T extends Waiting> = {
  readonly size: () => number;
  readonly bytes: () => number;
  readonly add: (item: T) => void;
  readonly remove: (item: T) => void;
  /** One of them by lot, which stays in; undefined: there is none. */
  readonly draw: () => T | undefined;
};

/** `random`: from 0 up to 1, exclusive. */
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
