import type { CallbackRow } from '../store/rows.ts';
import { CALL, type Item, ORDER, seenIn } from '../store/task-items.ts';
import type { Sql } from './connect.ts';
import { SqlError } from './errors.ts';
import { insertRows, uniqueBy } from './insert.ts';
import { digestOf } from './names.ts';
import { fromText } from './text.ts';

/** The number of a callback's task. Undefined: it names none. */
export type NumberOf = (row: CallbackRow) => number | undefined;

const taskName = ({ source, account, subjects: { task } }: CallbackRow) => JSON.stringify([task, source, account]);

/** 64 bits, of a kind and an id. */
const itemHash = (kind: number, item: string): bigint => digestOf(`${kind} ${item}`).readBigInt64BE(0);

/** Finds tasks or makes them. */
export async function prepareTasks(sql: Sql, s: string, rows: readonly CallbackRow[]): Promise<NumberOf> {
  const firsts = uniqueBy(
    rows.filter(({ subjects }) => subjects.task !== undefined),
    taskName,
    () => false,
  );
  if (firsts.length === 0) return () => undefined;
  const tasks = firsts.map((row) => ({ row, name: taskName(row), digest: digestOf(taskName(row)) }));
  const digests = tasks.map(({ digest }) => digest);
  const find = async () => {
    const found = await sql(`SELECT n, digest FROM ${s}.tasks WHERE digest = ANY ($1::bytea[])`, [digests]);
    return new Map(found.map(({ n, digest }) => [hexOf(digest), Number(n)]));
  };
  let numbers = await find();
  const missing = tasks.filter(({ digest }) => !numbers.has(hexOf(digest)));
  if (missing.length > 0) {
    await makeTasks(sql, s, missing);
    numbers = await find();
  }
  const byName = new Map(tasks.map(({ name, digest }) => [name, numbers.get(hexOf(digest))]));
  return (row) => (row.subjects.task === undefined ? undefined : byName.get(taskName(row)));
}

const hexOf = (digest: unknown) => (digest instanceof Buffer ? digest.toString('hex') : '');

type Task = { readonly row: CallbackRow; readonly digest: Buffer };

async function makeTasks(sql: Sql, s: string, tasks: readonly Task[]): Promise<void> {
  await insertRows(sql, {
    into: `${s}.tasks`,
    columns: [
      { name: 'digest', type: 'bytea', of: ({ digest }) => digest },
      { name: 'task', type: 'text', of: ({ row }) => fromText(row.subjects.task) },
      { name: 'source', type: 'text', of: ({ row }) => fromText(row.source) },
      { name: 'account', type: 'text', of: ({ row }) => fromText(row.account) },
      { name: 'first_at', type: 'bigint', of: ({ row }) => row.receivedAt },
      { name: 'last_at', type: 'bigint', of: ({ row }) => row.receivedAt },
    ],
    // The same order in each writer.
    rows: tasks.toSorted((a, b) => a.digest.compare(b.digest)),
    conflict: 'DO NOTHING',
  });
}

type Portion = { readonly callbacks: readonly CallbackRow[]; readonly numberOf: NumberOf };

type Times = { n: number; firstAt: number; lastAt: number; userTask: string | undefined };

/**
 * Counts what came of each task. Counting is by item, so another callback about the same order changes nothing. The rows
 * of tasks stay locked until the commit: two writers of one task MUST NOT count the same item. So this comes last.
 */
export async function writeTasks(sql: Sql, s: string, portion: Portion): Promise<void> {
  const { times, items } = collect(portion);
  if (times.length === 0) return;
  const numbers = times.map(({ n }) => n);
  const locked = await sql(`SELECT n FROM ${s}.tasks WHERE n = ANY ($1::int[]) ORDER BY n FOR UPDATE`, [numbers]);
  // It was pruned meanwhile: 40001 makes the writer begin again.
  if (locked.length < numbers.length) throw new SqlError('40001', 'a task was removed');
  await writeProgress(sql, s, portion);
  await sql(COUNT.replaceAll('§', s), [
    items.map(({ task }) => task),
    items.map(({ kind, item }) => itemHash(kind, item)),
    items.map(({ kind }) => kind),
    items.map(({ seen }) => seen),
    items.map(({ item }) => fromText(item)),
    numbers,
    times.map(({ firstAt }) => firstAt),
    times.map(({ lastAt }) => lastAt),
    times.map(({ userTask }) => fromText(userTask)),
  ]);
}

/** The counts as `growthOf` has them. */
const COUNT = `WITH given AS (
  SELECT * FROM unnest($1::int[], $2::bigint[], $3::smallint[], $4::smallint[], $5::text[]) AS g (task, hash, kind, seen, item)
), before AS (SELECT i.task, i.hash, i.seen FROM given JOIN §.task_items i USING (task, hash)
), written AS (
  INSERT INTO §.task_items AS i (task, hash, kind, seen, item) SELECT * FROM given
    ON CONFLICT (task, hash) DO UPDATE SET seen = i.seen | excluded.seen WHERE i.seen | excluded.seen <> i.seen
    RETURNING task, hash, kind, seen
), growth AS (
  SELECT w.task, sum(CASE WHEN kind = 0 THEN (w.seen & 1) - (coalesce(b.seen, 0) & 1) END) AS orders,
    sum(CASE WHEN kind = 0 THEN (w.seen & 2) / 2 - (coalesce(b.seen, 0) & 2) / 2 END) AS finished,
    sum(CASE WHEN kind = 0 THEN (w.seen = 4)::int - coalesce(b.seen = 4, false)::int END) AS missing,
    sum(CASE WHEN kind = 1 THEN (w.seen & 1) - (coalesce(b.seen, 0) & 1) END) AS calls
  FROM written w LEFT JOIN before b USING (task, hash) GROUP BY w.task
)
UPDATE §.tasks t SET first_at = least(t.first_at, m.first_at), last_at = greatest(t.last_at, m.last_at),
  user_task = coalesce(m.user_task, t.user_task), orders = t.orders + coalesce(g.orders, 0),
  orders_finished = t.orders_finished + coalesce(g.finished, 0), orders_missing = t.orders_missing + coalesce(g.missing, 0),
  calls = t.calls + coalesce(g.calls, 0)
FROM unnest($6::int[], $7::bigint[], $8::bigint[], $9::text[]) AS m (n, first_at, last_at, user_task) LEFT JOIN growth g ON g.task = m.n
WHERE t.n = m.n`;

function collect({ callbacks, numberOf }: Portion): { times: Times[]; items: Item[] } {
  const times = new Map<number, Times>();
  const items = new Map<string, Item>();
  for (const row of callbacks) {
    const n = numberOf(row);
    if (n === undefined) continue;
    const { order, call, userTask } = row.subjects;
    const known = times.get(n);
    times.set(n, {
      n,
      firstAt: Math.min(known?.firstAt ?? row.receivedAt, row.receivedAt),
      lastAt: Math.max(known?.lastAt ?? row.receivedAt, row.receivedAt),
      userTask: known?.userTask ?? userTask,
    });
    for (const [kind, item] of [
      [ORDER, order],
      [CALL, call],
    ] as const) {
      if (item === undefined) continue;
      const name = `${n} ${kind} ${item}`;
      const seen = seenIn(row.subjects, kind, item) | (items.get(name)?.seen ?? 0);
      items.set(name, { task: n, kind, item, seen });
    }
  }
  return { times: [...times.values()], items: [...items.values()] };
}

async function writeProgress(sql: Sql, s: string, { callbacks, numberOf }: Portion): Promise<void> {
  await insertRows(sql, {
    into: `${s}.task_progress`,
    columns: [
      { name: 'task', type: 'int', of: (row: CallbackRow) => numberOf(row) },
      { name: 'received_at', type: 'bigint', of: ({ receivedAt }) => receivedAt },
      { name: 'key', type: 'text', of: ({ key }) => key },
      { name: 'progress', type: 'text', of: ({ subjects }) => JSON.stringify(subjects.progress) },
    ],
    rows: callbacks.filter((row) => numberOf(row) !== undefined && row.subjects.progress !== undefined),
    conflict: 'DO NOTHING',
  });
}
