import type { DatabaseSync } from 'node:sqlite';

const KINDS = { output: 1, origin: 2, fate: 3 } as const;
type Kind = keyof typeof KINDS;

/** Numbers for what repeats. A number never gets another name. It is void once its name is pruned. */
export type Names = {
  /** Inside of a transaction. */
  readonly numberOf: (kind: Kind, name: string) => number;
  /** Undefined: it was never written. */
  readonly find: (kind: Kind, name: string) => number | undefined;
  readonly nameOf: (kind: Kind, n: number) => string;
  readonly all: (kind: Kind) => { n: number; name: string }[];
  /** After a rollback: numbers given in it are void. */
  readonly forget: () => void;
  /** MUST come first in each transaction: another process may have removed names. */
  readonly refresh: () => void;
};

/** Of the row whose number grows with each removal. */
const PRUNED = 0;

export function createNames(file: DatabaseSync): Names {
  const select = file.prepare('SELECT n FROM names WHERE kind = ? AND name = ?');
  const insert = file.prepare('INSERT INTO names (kind, name) VALUES (?, ?)');
  const byNumber = file.prepare('SELECT name FROM names WHERE n = ?');
  const list = file.prepare('SELECT n, name FROM names WHERE kind = ? ORDER BY name');
  const numbers = { output: new Map<string, number>(), origin: new Map<string, number>(), fate: new Map<string, number>() };
  const names = new Map<number, string>();
  const isPruned = createPrunedCheck(file);
  const forget = () => {
    for (const map of [...Object.values(numbers), names]) map.clear();
  };
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
      const found = names.get(n) ?? byNumber.get(n)?.['name'];
      // Its last callback was pruned since that was read.
      if (found === undefined && kind === 'origin') return JSON.stringify(['', '', '']);
      const name = String(found);
      remember(kind, name, n);
      return name;
    },
    all: (kind) => list.all(KINDS[kind]).map(({ n, name }) => ({ n: Number(n), name: String(name) })),
    forget,
    refresh: () => {
      if (isPruned()) forget();
    },
  };
}

/** Whether names were removed since it was asked last. */
function createPrunedCheck(file: DatabaseSync): () => boolean {
  const select = file.prepare(`SELECT n FROM names WHERE kind = ${PRUNED}`);
  let known = 0;
  return () => {
    const before = known;
    known = Number(select.get()?.['n'] ?? 0);
    return known !== before;
  };
}

/**
 * Removes the types that no callback has any more, some at once: a sender may invent types without end. Outputs and
 * fates are as many as the settings have had.
 */
export function createNamePruner(file: DatabaseSync): () => number {
  const unused = `SELECT n FROM names o WHERE kind = ${KINDS.origin} AND NOT EXISTS (SELECT 1 FROM callbacks c WHERE c.origin = o.n) LIMIT 200`;
  const any = file.prepare(`SELECT 1 FROM (${unused})`);
  const mark = file.prepare(`INSERT INTO names (kind, name) VALUES (${PRUNED}, 'pruned')
    ON CONFLICT DO UPDATE SET n = (SELECT max(n) + 1 FROM names)`);
  const remove = file.prepare(`DELETE FROM names WHERE n IN (${unused})`);
  return () => {
    if (any.get() === undefined) return 0;
    // MUST come first: it has the highest number, so that no removed one is given again.
    mark.run();
    return Number(remove.run().changes);
  };
}

/** A sender may invent types without end. */
function limit<K, V>(map: Map<K, V>): Map<K, V> {
  if (map.size >= 10_000) map.clear();
  return map;
}
