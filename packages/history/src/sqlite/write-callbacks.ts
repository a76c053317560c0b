import type { DatabaseSync } from 'node:sqlite';
import type { CallbackRow } from '../store/rows.ts';
import { hashOf, idsOf, segmentOf } from './ids.ts';
import type { Names } from './names.ts';
import { fromText } from './values.ts';
import { createTaskWriter } from './write-tasks.ts';

type InsertId = (n: number, id: string) => void;

/** Writes callbacks, and all that is derived from them if they are new. */
export function createCallbackWriter(file: DatabaseSync, names: Names): (rows: readonly CallbackRow[]) => void {
  const insertBody = file.prepare('INSERT INTO bodies VALUES (?, ?, ?)');
  const insertOfId = file.prepare('INSERT INTO ids VALUES (?, ?, ?) ON CONFLICT DO NOTHING');
  const insertId: InsertId = (n, id) => void insertOfId.run(segmentOf(n), hashOf(id), n);
  const insert = createInsert(file, names, insertId);
  const beginTasks = createTaskWriter(file);
  return (rows) => {
    const tasks = beginTasks();
    for (const row of rows) {
      const task = tasks.numberOf(row);
      const n = insert(row, task);
      if (n === undefined) continue;
      if (row.body !== undefined) insertBody.run(n, row.receivedAt, fromText(row.body));
      for (const id of idsOf(row)) insertId(n, id);
      if (task !== null) tasks.add(task, row);
    }
    tasks.finish();
  };
}

/** Returns the number of the new callback. Undefined: it is there already. */
function createInsert(
  file: DatabaseSync,
  names: Names,
  insertId: InsertId,
): (row: CallbackRow, task: number | null) => number | undefined {
  const insert = file.prepare('INSERT INTO callbacks VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING');
  // A batch that ran again, perhaps with other routes: its last run counts.
  const update = file.prepare(`UPDATE callbacks SET fate = ?, dispatchedAt = ?, batch = ?, unrouted = ?, more = coalesce(?, more)
    WHERE receivedAt = ? AND key = ? AND (dispatchedAt, fate) < (?, ?) RETURNING n`);
  return (row, task) => {
    const { receivedAt, key, id, source, account, type, time, batch, dispatchedAt, settings, fate, subjects, ...rest } = row;
    const { body: _, ...more } = rest;
    const origin = names.numberOf('origin', JSON.stringify([source, account, type]));
    const fated = names.numberOf('fate', JSON.stringify([settings, fate]));
    const { task: _task, ...others } = subjects;
    const of = [receivedAt, key, origin, fated, time, dispatchedAt, fromText(id), fromText(batch)] as const;
    const unrouted = fate.unrouted === undefined ? null : 1;
    const { changes, lastInsertRowid } = insert.run(...of, task, jsonOf(others), jsonOf(more), unrouted);
    if (changes === 1) return Number(lastInsertRowid);
    const changed = [fated, dispatchedAt, fromText(batch), unrouted, jsonOf(more)] as const;
    const n = update.get(...changed, receivedAt, key, dispatchedAt, fated)?.['n'];
    if (typeof n === 'number' && row.deliverAs !== undefined) insertId(n, row.deliverAs);
    return undefined;
  };
}

function jsonOf(values: object): string | null {
  const text = JSON.stringify(values);
  return text === '{}' ? null : text;
}
