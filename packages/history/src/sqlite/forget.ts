import type { DatabaseSync } from 'node:sqlite';
import type { CallbackRef } from '../events.ts';
import type { Forgotten, ForgetSelection } from '../store.ts';
import type { Finder } from './find.ts';
import { hashOf, idsOf, segmentOf } from './ids.ts';
import type { Run } from './rest.ts';
import { fromText, optionalText, toText } from './values.ts';
import { createTaskForgetter } from './forget-tasks.ts';

type Deps = { readonly run: Run; readonly path: string } & Pick<Finder, 'byId'>;

/** Removes callbacks and what rests, overwrites their place in the file, and empties the WAL. */
export function createForgetter(file: DatabaseSync, { run, byId }: Deps): (selection: ForgetSelection) => Promise<Forgotten> {
  const forgetCallback = callbackForgetter(file, byId);
  const forgetRest = file.prepare('DELETE FROM rest WHERE id = ?');
  return async ({ refs, rest }) => {
    file.exec('PRAGMA secure_delete = ON');
    const result = await run.write(() => ({
      callbacks: refs.reduce((sum, ref) => sum + forgetCallback(ref), 0),
      resting: rest.reduce((sum, id) => sum + Number(forgetRest.run(fromText(id)).changes), 0),
    }));
    const busy = await run.read(() => file.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()?.['busy']);
    return { ...result, erased: busy === 0 };
  };
}

/** Also what belongs to a callback that was never written. */
function callbackForgetter(file: DatabaseSync, byId: Finder['byId']): (ref: CallbackRef) => number {
  const select = file.prepare('SELECT * FROM callbacks WHERE receivedAt = ? AND key = ?');
  const byNumber = ['bodies', 'callbacks'].map((table) => file.prepare(`DELETE FROM ${table} WHERE n = ?`));
  const byRef = ['attempts', 'action_callbacks'].map((table) =>
    file.prepare(`DELETE FROM ${table} WHERE receivedAt = ? AND key = ?`),
  );
  const deliveries = file.prepare(
    'DELETE FROM deliveries WHERE output IN (SELECT n FROM names WHERE kind = 1) AND receivedAt = ? AND key = ?',
  );
  const repeats = file.prepare('DELETE FROM repeats WHERE key = ?');
  const ids = file.prepare('DELETE FROM ids WHERE segment = ? AND hash = ? AND n = ?');
  const forgetInTask = createTaskForgetter(file, byId);
  return ({ receivedAt, key }) => {
    for (const statement of [...byRef, deliveries]) statement.run(receivedAt, key);
    const row = select.get(receivedAt, key);
    if (row === undefined) return 0;
    const n = Number(row['n']);
    const subjects = JSON.parse(optionalText(row['subjects']) ?? '{}');
    const task = typeof row['task'] === 'number' ? row['task'] : undefined;
    for (const statement of byNumber) statement.run(n);
    const named = { id: toText(row['id']), key, subjects: { ...subjects, ...(task !== undefined && { task: '' }) } };
    for (const id of idsOf(named)) ids.run(segmentOf(n), hashOf(id), n);
    if (byId(key).length === 0) repeats.run(key);
    if (task !== undefined) forgetInTask(task, { receivedAt, key, subjects });
    return 1;
  };
}
