import type { DatabaseSync } from 'node:sqlite';
import { hashOf } from './ids.ts';
import { readJson, type Row, toText } from './values.ts';

/** Which of a callback's ids are looked at. */
type NamedBy = (row: Row) => unknown[];

/** Finds the numbers of callbacks by an id. */
export function createIdLookup(file: DatabaseSync): (id: string, namedBy: NamedBy) => number[] {
  // SQLite reads all rows for min and max in one query.
  const bounds = file.prepare('SELECT (SELECT min(segment) FROM ids) AS first, (SELECT max(segment) FROM ids) AS last');
  const select = file.prepare('SELECT n FROM ids WHERE segment = ? AND hash = ?');
  const selectRow = file.prepare('SELECT * FROM callbacks WHERE n = ?');
  return (id, namedBy) => {
    const found: number[] = [];
    const { first, last } = bounds.get() ?? {};
    if (typeof first !== 'number') return found;
    const hash = hashOf(id);
    for (let segment = Number(last); segment >= first; segment--)
      for (const { n } of select.all(segment, hash)) {
        const row = selectRow.get(Number(n));
        if (row !== undefined && namedBy(row).includes(id)) found.push(Number(n));
      }
    return found;
  };
}

export const byAnyId: NamedBy = (row) => {
  const { userTask, order, call } = readJson(row['subjects']);
  return [toText(row['id']), row['key'], readJson(row['more'])['deliverAs'], userTask, order, call];
};

/** Tasks have an index of their own. This is for callbacks that name the customer's id only. */
export const byUserTask: NamedBy = (row) => (row['task'] === null ? [readJson(row['subjects'])['userTask']] : []);
