import type { DatabaseSync } from 'node:sqlite';
import type { TaskProgress } from '@ringback/contracts';
import type { TaskStory, TaskSummary } from '../store/store.ts';
import type { Finder } from './find.ts';
import { optionalText, type Row, toText } from './values.ts';
import { NAMED, ORDER } from '../store/task-items.ts';

const MOST_MISSING = 1000;

export type TaskReader = { readonly newest: (limit: number) => TaskSummary[]; readonly task: (id: string) => TaskStory[] };

export function createTaskReader(file: DatabaseSync, { tasks }: Pick<Finder, 'tasks'>): TaskReader {
  const newest = file.prepare('SELECT * FROM tasks ORDER BY lastAt DESC, n DESC LIMIT ?');
  const one = file.prepare('SELECT * FROM tasks WHERE n = ?');
  const last = file.prepare('SELECT progress FROM task_progress WHERE task = ? ORDER BY receivedAt DESC, key DESC LIMIT 1');
  const progress = file.prepare('SELECT receivedAt, progress FROM task_progress WHERE task = ? ORDER BY receivedAt, key');
  const missing = file.prepare(`SELECT item FROM task_items WHERE task = ? AND kind = ${ORDER} AND seen = ${NAMED} LIMIT ?`);
  const summary = (row: Row): TaskSummary => readSummary(row, optionalText(last.get(row['n'] ?? null)?.['progress']));
  const story = (row: Row): TaskStory => {
    const n = Number(row['n']);
    const count = Number(row['ordersMissing']);
    return {
      ...summary(row),
      history: changesOf(progress.all(n)),
      ordersMissing: count === 0 ? [] : missing.all(n, MOST_MISSING).map(({ item }) => toText(item)),
      ordersMissingCount: count,
    };
  };
  return {
    newest: (limit) => newest.all(limit).map(summary),
    task: (id) =>
      tasks(id)
        .flatMap((n) => one.all(n))
        .map(story),
  };
}

function readSummary(row: Row, progress: string | undefined): TaskSummary {
  const userTask = optionalText(row['userTask']);
  return {
    source: String(row['source']),
    account: toText(row['account']),
    task: toText(row['task']),
    ...(userTask !== undefined && { userTask }),
    firstAt: Number(row['firstAt']),
    lastAt: Number(row['lastAt']),
    ...(progress !== undefined && { progress: readProgress(progress) }),
    received: { orders: Number(row['orders']), ordersFinished: Number(row['ordersFinished']), calls: Number(row['calls']) },
  };
}

const readProgress = (text: string): TaskProgress => JSON.parse(text);

/** Each change once: what says the same as the one before is left out. */
function changesOf(rows: readonly Row[]): TaskStory['history'] {
  const changes = rows.filter((row, i) => row['progress'] !== rows[i - 1]?.['progress']);
  return changes.map((row) => ({ at: Number(row['receivedAt']), ...readProgress(String(row['progress'])) }));
}
