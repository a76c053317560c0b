import { hash } from 'node:crypto';
import type { Sql } from './connect.ts';
import { fromText, toText } from './text.ts';

const KINDS = { output: 1, origin: 2, fate: 3 } as const;
type NameKind = keyof typeof KINDS;

/** Numbers for what repeats. A number is for ever, so each process may remember it. */
export type Names = {
  /** Makes those that are missing. Each in a transaction of its own: a rollback takes none back. */
  readonly numbersOf: (kind: NameKind, names: Iterable<string>) => Promise<ReadonlyMap<string, number>>;
  readonly namesOf: (numbers: Iterable<number>) => Promise<ReadonlyMap<number, string>>;
  readonly all: (kind: NameKind) => Promise<{ n: number; name: string }[]>;
  readonly forget: () => void;
};

/**
 * A sender may invent types without end. The table keeps each for good, as another machine may hold its number in a write
 * under way: some hundred bytes for each type of a source and account.
 */
const MOST = 10_000;

/** 16 bytes of SHA-256: names may be longer than an index takes. */
export const digestOf = (name: string): Buffer => hash('sha256', fromText(name), 'buffer').subarray(0, 16);

export function createNames(sql: Sql, s: string): Names {
  const numbers = { output: new Map<string, number>(), origin: new Map<string, number>(), fate: new Map<string, number>() };
  const names = new Map<number, string>();
  return {
    numbersOf: (kind, wanted) => lookUp(numbers[kind], wanted, (missing) => learn(sql, s, kind, missing)),
    namesOf: (wanted) =>
      lookUp(names, wanted, async (missing) => {
        const rows = await sql(`SELECT n, name FROM ${s}.names WHERE n = ANY ($1::int[])`, [missing]);
        return rows.map((row) => [Number(row['n']), toText(row['name'])]);
      }),
    all: async (kind) => {
      const rows = await sql(`SELECT n, name FROM ${s}.names WHERE kind = ${KINDS[kind]} ORDER BY n`);
      return rows.map((row) => ({ n: Number(row['n']), name: toText(row['name']) }));
    },
    forget: () => {
      for (const map of [...Object.values(numbers), names]) map.clear();
    },
  };
}

/** Asks for those only that `known` has not, and remembers them. */
async function lookUp<K, V>(
  known: Map<K, V>,
  wanted: Iterable<K>,
  ask: (missing: readonly K[]) => Promise<[K, V][]>,
): Promise<Map<K, V>> {
  const unique = [...new Set(wanted)];
  const found = new Map(unique.flatMap((key) => pair(key, known.get(key))));
  const missing = unique.filter((key) => !found.has(key));
  if (missing.length === 0) return found;
  if (known.size + missing.length > MOST) known.clear();
  for (const [key, value] of await ask(missing)) {
    known.set(key, value);
    found.set(key, value);
  }
  return found;
}

/** Numbers are used up even by an insert that finds the name there: so it looks first. */
async function learn(sql: Sql, s: string, kind: NameKind, names: readonly string[]): Promise<[string, number][]> {
  const digests = names.map(digestOf);
  await sql(
    `INSERT INTO ${s}.names (kind, digest, name) SELECT ${KINDS[kind]}, * FROM unnest($1::bytea[], $2::text[]) AS given (digest, name)
      WHERE NOT EXISTS (SELECT 1 FROM ${s}.names n WHERE n.kind = ${KINDS[kind]} AND n.digest = given.digest) ON CONFLICT DO NOTHING`,
    [digests, names.map((name) => fromText(name))],
  );
  const rows = await sql(`SELECT n, name FROM ${s}.names WHERE kind = ${KINDS[kind]} AND digest = ANY ($1::bytea[])`, [digests]);
  return rows.map((row) => [toText(row['name']), Number(row['n'])]);
}

const pair = <K, V>(key: K, value: V | undefined): [K, V][] => (value === undefined ? [] : [[key, value]]);
