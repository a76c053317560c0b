import type { DatabaseSync } from 'node:sqlite';
import type { CallbackRow } from '../store/rows.ts';
import { CALL, type Item, ORDER, seenIn } from '../store/task-items.ts';
import { createItemWriter } from './task-items.ts';
import { fromText } from './values.ts';

/** Of the callbacks of one `write`. */
type Task = { firstAt: number; lastAt: number; userTask?: string | undefined };

export type TaskPortion = {
  /** The number of the callback's task. Null: it names none. */
  readonly numberOf: (row: CallbackRow) => number | null;
  /** Once for each callback that was not written before. */
  readonly add: (task: number, row: CallbackRow) => void;
  readonly finish: () => void;
};

/** Counts what came of each task. Counting is by item, so another callback about the same order changes nothing. */
export function createTaskWriter(file: DatabaseSync): () => TaskPortion {
  const insertProgress = file.prepare('INSERT INTO task_progress VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING');
  const numbering = createTaskNumbers(file);
  const finish = createFinish(file);
  return () => {
    const tasks = new Map<number, Task>();
    const items = new Map<string, Item>();
    const note = (task: number, kind: number, item: string | undefined, subjects: CallbackRow['subjects']) => {
      if (item === undefined) return;
      const name = `${task} ${kind} ${item}`;
      const known = items.get(name);
      const seen = seenIn(subjects, kind, item);
      if (known === undefined) items.set(name, { task, kind, item, seen });
      else known.seen |= seen;
    };
    return {
      numberOf: numbering(),
      add: (task, { key, receivedAt, subjects }) => {
        const { userTask, order, call, progress } = subjects;
        tasks.set(task, widened(tasks.get(task), receivedAt, userTask));
        note(task, ORDER, order, subjects);
        note(task, CALL, call, subjects);
        if (progress !== undefined) insertProgress.run(task, receivedAt, key, JSON.stringify(progress));
      },
      finish: () => finish(tasks, items.values()),
    };
  };
}

/** Finds a task or makes it. Remembered for one `write` only: pruning may remove a task. */
function createTaskNumbers(file: DatabaseSync): () => TaskPortion['numberOf'] {
  const select = file.prepare('SELECT n FROM tasks WHERE task = ? AND source = ? AND account = ?');
  const insert = file.prepare('INSERT INTO tasks (task, source, account, firstAt, lastAt) VALUES (?, ?, ?, ?, ?)');
  return () => {
    const numbers = new Map<string, number>();
    return ({ source, account, receivedAt, subjects: { task } }) => {
      if (task === undefined) return null;
      const name = JSON.stringify([task, source, account]);
      const known = numbers.get(name);
      if (known !== undefined) return known;
      const key = [fromText(task), source, fromText(account)] as const;
      const n = Number(select.get(...key)?.['n'] ?? insert.run(...key, receivedAt, receivedAt).lastInsertRowid);
      numbers.set(name, n);
      return n;
    };
  };
}

function createFinish(file: DatabaseSync): (tasks: Map<number, Task>, items: Iterable<Item>) => void {
  const update =
    file.prepare(`UPDATE tasks SET userTask = coalesce(?, userTask), firstAt = min(firstAt, ?), lastAt = max(lastAt, ?), orders = orders + ?,
      ordersFinished = ordersFinished + ?, ordersMissing = ordersMissing + ?, calls = calls + ? WHERE n = ?`);
  const write = createItemWriter(file);
  return (tasks, items) => {
    const growth = write(items);
    for (const [n, { userTask, firstAt, lastAt }] of tasks) {
      const { orders = 0, ordersFinished = 0, ordersMissing = 0, calls = 0 } = growth.get(n) ?? {};
      update.run(fromText(userTask), firstAt, lastAt, orders, ordersFinished, ordersMissing, calls, n);
    }
  };
}

function widened(task: Task | undefined, receivedAt: number, userTask: string | undefined): Task {
  if (task === undefined) return { firstAt: receivedAt, lastAt: receivedAt, userTask };
  task.firstAt = Math.min(task.firstAt, receivedAt);
  task.lastAt = Math.max(task.lastAt, receivedAt);
  task.userTask ??= userTask;
  return task;
}
