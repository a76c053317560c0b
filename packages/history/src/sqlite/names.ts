import type { DatabaseSync } from 'node:sqlite';

const KINDS = { output: 1, origin: 2, fate: 3 } as const;
type Kind = keyof typeof KINDS;

/** Numbers for what repeats. A number is for ever, so each process may remember it. */
export type Names = {
  /** Inside of a transaction. */
  readonly numberOf: (kind: Kind, name: string) => number;
  /** Undefined: it was never written. */
  readonly find: (kind: Kind, name: string) => number | undefined;
  readonly nameOf: (kind: Kind, n: number) => string;
  readonly all: (kind: Kind) => { n: number; name: string }[];
  /** After a rollback: numbers given in it are void. */
  readonly forget: () => void;
};

export function createNames(file: DatabaseSync): Names {
  const select = file.prepare('SELECT n FROM names WHERE kind = ? AND name = ?');
  const insert = file.prepare('INSERT INTO names (kind, name) VALUES (?, ?)');
  const byNumber = file.prepare('SELECT name FROM names WHERE n = ?');
  const list = file.prepare('SELECT n, name FROM names WHERE kind = ? ORDER BY name');
  const numbers = { output: new Map<string, number>(), origin: new Map<string, number>(), fate: new Map<string, number>() };
  const names = new Map<number, string>();
  const remember = (kind: Kind, name: string, n: number) => {
    limit(numbers[kind]).set(name, n);
    limit(names).set(n, name);
    return n;
  };
  const find = (kind: Kind, name: string) => {
    const known = numbers[kind].get(name);
    if (known !== undefined) return known;
    const row = select.get(KINDS[kind], name);
    return row === undefined ? undefined : remember(kind, name, Number(row['n']));
  };
  return {
    find,
    numberOf: (kind, name) => find(kind, name) ?? remember(kind, name, Number(insert.run(KINDS[kind], name).lastInsertRowid)),
    nameOf: (kind, n) => {
      const name = names.get(n) ?? String(byNumber.get(n)?.['name']);
      remember(kind, name, n);
      return name;
    },
    all: (kind) => list.all(KINDS[kind]).map(({ n, name }) => ({ n: Number(n), name: String(name) })),
    forget: () => {
      for (const map of [...Object.values(numbers), names]) map.clear();
    },
  };
}

/** A sender may invent types without end. */
function limit<K, V>(map: Map<K, V>): Map<K, V> {
  if (map.size >= 10_000) map.clear();
  return map;
}
