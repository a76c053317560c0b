import type { DatabaseSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';
import type { Pruned, PruneLimits } from '../store/store.ts';
import { emptyLog } from './empty-log.ts';
import { segmentOf } from './ids.ts';
import { createNamePruner } from './names.ts';
import type { Run } from './rest.ts';

/** Rows that are removed at once. */
const PORTION = 200;
/** A writer waits this long for a transaction, and for its last portion. */
const TRANSACTION_MS = 40;
const MOST_PAUSE_MS = 100;
/** Room in the file is used again. If more than this part is free, some goes back to the disk. */
const MOST_FREE = 0.25;

/** Removes what is older in small transactions, with a pause after each that is as long as it took. */
export async function prune(file: DatabaseSync, run: Run, { before, bodiesBefore }: PruneLimits): Promise<Pruned> {
  const repeat = async (work: () => number): Promise<number> => {
    for (let sum = 0; ;) {
      const start = performance.now();
      const removed = await run.write(() => forSomeTime(work));
      if (removed === 0) return sum;
      sum += removed;
      await setTimeout(Math.min(performance.now() - start, MOST_PAUSE_MS));
    }
  };
  const callbacks = before === undefined ? 0 : await repeat(callbackPruner(file, before));
  if (before !== undefined) for (const work of [...otherPruners(file, before), createNamePruner(file)]) await repeat(work);
  const bodies = bodiesBefore === undefined ? 0 : await repeat(bodyPruner(file, bodiesBefore));
  await repeat(() => shrink(file));
  await emptyLog(file, run);
  return { callbacks, bodies };
}

function forSomeTime(work: () => number): number {
  const end = performance.now() + TRANSACTION_MS;
  for (let sum = 0; ;) {
    const removed = work();
    sum += removed;
    if (removed === 0 || performance.now() > end) return sum;
  }
}

function callbackPruner(file: DatabaseSync, before: number): () => number {
  const select = file.prepare(`SELECT n, receivedAt, key FROM callbacks INDEXED BY callbacks_by_time
    WHERE receivedAt < ? ORDER BY receivedAt, key LIMIT ${PORTION}`);
  const remove = ['DELETE FROM bodies WHERE n = ?', 'DELETE FROM callbacks WHERE n = ?'].map((sql) => file.prepare(sql));
  const removeRepeats = file.prepare('DELETE FROM repeats WHERE key = ? AND receivedAt < ?');
  return () => {
    const rows = select.all(before);
    for (const { n, key } of rows) {
      for (const statement of remove) statement.run(Number(n));
      removeRepeats.run(String(key), before);
    }
    return rows.length;
  };
}

/** Also of callbacks that were never written, because their event was dropped. */
function otherPruners(file: DatabaseSync, before: number): (() => number)[] {
  const byKey = (table: string, key: string, condition: string): (() => number) => {
    const statement = file.prepare(
      `DELETE FROM ${table} WHERE (${key}) IN (SELECT ${key} FROM ${table} WHERE ${condition} LIMIT ${PORTION})`,
    );
    return () => Number(statement.run(before).changes);
  };
  const outputs = file
    .prepare('SELECT n FROM names WHERE kind = 1')
    .all()
    .map(({ n }) => Number(n));
  const done = 'task IN (SELECT n FROM tasks WHERE lastAt < ?)';
  const first = Number(file.prepare('SELECT min(n) AS first FROM callbacks').get()?.['first'] ?? Number.MAX_SAFE_INTEGER);
  return [
    ...outputs.map((output) => byKey('deliveries', 'output, receivedAt, key', `output = ${output} AND receivedAt < ?`)),
    byKey('attempts', 'receivedAt, key, output, number, at', 'receivedAt < ?'),
    byKey('action_callbacks', 'action, receivedAt, key', 'receivedAt < ?'),
    byKey('repeats', 'key, receivedAt', 'receivedAt < ?'),
    byKey('task_items', 'task, kind, item', done),
    byKey('task_progress', 'task, receivedAt, key', done),
    byKey('tasks', 'n', 'lastAt < ?'),
    byKey('refusals', 'minute, process, code, source', 'minute < ?'),
    byKey('actions', 'id', 'at < ?'),
    byKey('gaps', 'id', 'until < ?'),
    byKey('ids', 'segment, hash, n', `segment < ${segmentOf(first)} AND ? IS NOT NULL`),
  ];
}

function bodyPruner(file: DatabaseSync, before: number): () => number {
  const statement = file.prepare(`DELETE FROM bodies WHERE n IN (SELECT n FROM bodies WHERE receivedAt < ? LIMIT ${PORTION})`);
  return () => Number(statement.run(before).changes);
}

function shrink(file: DatabaseSync): number {
  const count = (pragma: string) => Number(file.prepare(`PRAGMA ${pragma}`).get()?.[pragma]);
  const free = count('freelist_count');
  if (free <= count('page_count') * MOST_FREE) return 0;
  file.exec(`PRAGMA incremental_vacuum(${PORTION})`);
  return free - count('freelist_count');
}
