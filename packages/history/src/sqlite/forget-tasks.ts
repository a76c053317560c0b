import type { DatabaseSync } from 'node:sqlite';
import type { Subjects } from '@ringback/contracts';
import type { CallbackRef } from '../events.ts';
import type { Finder } from './find.ts';
import { CALL, growthOf, ORDER, seenIn } from '../store/task-items.ts';
import { fromText, readJson } from './values.ts';

type Removed = CallbackRef & { readonly subjects: Subjects };

/** Takes a callback, which is removed already, out of what was counted of its task. */
export function createTaskForgetter(file: DatabaseSync, byId: Finder['byId']): (task: number, callback: Removed) => void {
  const removeProgress = file.prepare('DELETE FROM task_progress WHERE task = ? AND receivedAt = ? AND key = ?');
  // Two queries, since SQLite reads all rows of the task for both in one.
  const others = file.prepare(`SELECT (SELECT min(receivedAt) FROM callbacks WHERE task = ?1) AS firstAt,
    (SELECT max(receivedAt) FROM callbacks WHERE task = ?1) AS lastAt`);
  const removeTask = ['task_items WHERE task', 'task_progress WHERE task', 'tasks WHERE n'].map((from) =>
    file.prepare(`DELETE FROM ${from} = ?`),
  );
  const setTimes = file.prepare('UPDATE tasks SET firstAt = ?, lastAt = ? WHERE n = ?');
  const forgetItem = createItemForgetter(file, byId);
  const forgetUserTask = createUserTaskForgetter(file);
  return (task, { receivedAt, key, subjects: { userTask, order, call } }) => {
    removeProgress.run(task, receivedAt, key);
    if (order !== undefined) forgetItem(task, ORDER, order);
    if (call !== undefined) forgetItem(task, CALL, call);
    if (userTask !== undefined) forgetUserTask(task);
    const { firstAt, lastAt } = others.get(task) ?? {};
    if (typeof firstAt === 'number' && typeof lastAt === 'number') setTimes.run(firstAt, lastAt, task);
    else for (const statement of removeTask) statement.run(task);
  };
}

/** The customer's own id of a task becomes one that a callback of it still names, or none. */
function createUserTaskForgetter(file: DatabaseSync): (task: number) => void {
  const subjects = file.prepare('SELECT subjects FROM callbacks WHERE task = ?');
  const update = file.prepare('UPDATE tasks SET userTask = ? WHERE n = ?');
  const named = (task: number) => {
    for (const row of subjects.iterate(task)) {
      const { userTask } = readJson(row['subjects']);
      if (typeof userTask === 'string') return userTask;
    }
    return undefined;
  };
  return (task) => void update.run(fromText(named(task)), task);
}

/** An order or a call stays as far as other callbacks name it. */
function createItemForgetter(file: DatabaseSync, byId: Finder['byId']): (task: number, kind: number, item: string) => void {
  const subjectsOf = file.prepare('SELECT subjects FROM callbacks WHERE n = ? AND task = ?');
  const select = file.prepare('SELECT seen FROM task_items WHERE task = ? AND kind = ? AND item = ?');
  const remove = file.prepare('DELETE FROM task_items WHERE task = ? AND kind = ? AND item = ?');
  const update = file.prepare('UPDATE task_items SET seen = ? WHERE task = ? AND kind = ? AND item = ?');
  const count = file.prepare(`UPDATE tasks SET orders = orders + ?, ordersFinished = ordersFinished + ?,
    ordersMissing = ordersMissing + ?, calls = calls + ? WHERE n = ?`);
  return (task, kind, item) => {
    const key = [task, kind, fromText(item)] as const;
    const before = Number(select.get(...key)?.['seen'] ?? 0);
    let seen = 0;
    for (const n of byId(item)) for (const row of subjectsOf.all(n, task)) seen |= seenIn(readJson(row['subjects']), kind, item);
    if (seen === before) return;
    if (seen === 0) remove.run(...key);
    else update.run(seen, ...key);
    const { orders, ordersFinished, ordersMissing, calls } = growthOf(kind, before, seen);
    count.run(orders, ordersFinished, ordersMissing, calls, task);
  };
}
