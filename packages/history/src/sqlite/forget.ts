import type { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import type { CallbackRef } from '../events.ts';
import type { Forgotten, ForgetSelection } from '../store/store.ts';
import { emptyLog } from './empty-log.ts';
import type { Finder } from './find.ts';
import { hashOf, idsOf, segmentOf } from './ids.ts';
import type { Run } from './rest.ts';
import { fromText, readJson, toText } from './values.ts';
import { createTaskForgetter } from './forget-tasks.ts';

type Deps = { readonly run: Run } & Pick<Finder, 'byId'>;

const PORTION = 200;
const HOW = 'another process is reading the history: when it has ended, run the same again, or `history prune`';

/** Removes callbacks and what rests, overwrites their place in the file, and empties the WAL. */
export function createForgetter(file: DatabaseSync, { run, byId }: Deps): (selection: ForgetSelection) => Promise<Forgotten> {
  const forgetCallback = callbackForgetter(file, byId);
  const forgetRest = file.prepare('DELETE FROM rest WHERE id = ?');
  return async ({ refs, rest }) => {
    const callbacks = await inPortions(refs, (ref) => run.write(() => sum(ref.map(forgetCallback))));
    const resting = await inPortions(rest, (ids) =>
      run.write(() => sum(ids.map((id) => Number(forgetRest.run(fromText(id)).changes)))),
    );
    const erased = await emptyLog(file, run);
    return { callbacks, resting, erased, ...(!erased && { how: HOW }) };
  };
}

const sum = (counts: readonly number[]): number => counts.reduce((all, count) => all + count, 0);

/** A writer waits for one portion, at most. */
async function inPortions<T>(items: readonly T[], work: (portion: readonly T[]) => Promise<number>): Promise<number> {
  let all = 0;
  for (let from = 0; from < items.length; from += PORTION) {
    all += await work(items.slice(from, from + PORTION));
    await setImmediate();
  }
  return all;
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
    const [subjects, more] = [readJson(row['subjects']), readJson(row['more'])];
    const task = typeof row['task'] === 'number' ? row['task'] : undefined;
    for (const statement of byNumber) statement.run(n);
    const named = { ...more, id: toText(row['id']), key, subjects: { ...subjects, ...(task !== undefined && { task: '' }) } };
    for (const id of idsOf(named)) ids.run(segmentOf(n), hashOf(id), n);
    if (byId(key).length === 0) repeats.run(key);
    if (task !== undefined) forgetInTask(task, { receivedAt, key, subjects });
    return 1;
  };
}
