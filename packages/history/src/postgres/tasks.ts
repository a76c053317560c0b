import type { TaskProgress } from '@ringback/contracts';
import type { TaskStory, TaskSummary } from '../store/store.ts';
import type { Row, Sql } from './connect.ts';
import type { Finder } from './find.ts';
import { optionalText, toText } from './text.ts';

const MOST_MISSING = 1000;

export type TaskReader = {
  readonly newest: (limit: number) => Promise<TaskSummary[]>;
  readonly task: (id: string) => Promise<TaskStory[]>;
};

export function createTaskReader(sql: Sql, s: string, { tasks }: Pick<Finder, 'tasks'>): TaskReader {
  const select = `SELECT t.*, (SELECT p.progress FROM ${s}.task_progress p WHERE p.task = t.n ORDER BY p.received_at DESC, p.key DESC LIMIT 1)
    AS progress FROM ${s}.tasks t`;
  const story = async (row: Row): Promise<TaskStory> => {
    const n = Number(row['n']);
    const progress = await sql(`SELECT received_at, progress FROM ${s}.task_progress WHERE task = $1 ORDER BY received_at, key`, [
      n,
    ]);
    const missing = await sql(
      `SELECT item FROM ${s}.task_items WHERE task = $1 AND kind = 0 AND seen = 4 ORDER BY item LIMIT ${MOST_MISSING}`,
      [n],
    );
    return {
      ...readSummary(row),
      history: changesOf(progress),
      ordersMissing: missing.map(({ item }) => toText(item)),
      ordersMissingCount: Number(row['orders_missing']),
    };
  };
  return {
    newest: async (limit) => {
      const rows = await sql(`${select} ORDER BY t.last_at DESC, t.n DESC LIMIT ${Math.trunc(limit)}`);
      return rows.map(readSummary);
    },
    task: async (id) => {
      const rows = await sql(`${select} WHERE t.n = ANY ($1::int[]) ORDER BY t.n`, [await tasks(id)]);
      return Promise.all(rows.map(story));
    },
  };
}

function readSummary(row: Row): TaskSummary {
  const userTask = optionalText(row['user_task']);
  const progress = optionalText(row['progress']);
  return {
    source: toText(row['source']),
    account: toText(row['account']),
    task: toText(row['task']),
    ...(userTask !== undefined && { userTask }),
    firstAt: Number(row['first_at']),
    lastAt: Number(row['last_at']),
    ...(progress !== undefined && { progress: readProgress(progress) }),
    received: { orders: Number(row['orders']), ordersFinished: Number(row['orders_finished']), calls: Number(row['calls']) },
  };
}

const readProgress = (text: string): TaskProgress => JSON.parse(text);

/** Each change once: what says the same as the one before is left out. */
function changesOf(rows: readonly Row[]): TaskStory['history'] {
  const changes = rows.filter((row, i) => row['progress'] !== rows[i - 1]?.['progress']);
  return changes.map((row) => ({ at: Number(row['received_at']), ...readProgress(String(row['progress'])) }));
}
