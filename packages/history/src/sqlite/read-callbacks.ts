import type { DatabaseSync } from 'node:sqlite';
import type { CallbackRef } from '../events.ts';
import { STATE_RANKS, waitsAnew, withLastRetry } from '../store/newest-state.ts';
import type { ActionRow, AttemptRow, CallbackRow, DeliveryRow } from '../store/rows.ts';
import type { CallbackStory, FoundCallback } from '../store/store.ts';
import { readOrigin } from './filter-parts.ts';
import type { Finder } from './find.ts';
import type { Names } from './names.ts';
import { optionalNumber, optionalText, OUTCOMES, readJson, type Row, toFault, toText } from './values.ts';

export type CallbackReader = {
  readonly found: (n: number, bodies: boolean) => FoundCallback[];
  readonly story: (ref: CallbackRef) => CallbackStory[];
  readonly callback: (row: Row) => CallbackRow;
  readonly delivery: (row: Row) => DeliveryRow;
  readonly attempt: (row: Row) => AttemptRow;
};

/** `callback` reads a row of this, with a `WHERE`. */
export const SELECT_CALLBACK = `SELECT c.*, t.task AS taskID, b.body FROM callbacks c
  LEFT JOIN tasks t ON t.n = c.task LEFT JOIN bodies b ON b.n = c.n`;

/** Rows of the file as rows of the contract. What is not there any more is an empty list. */
export function createCallbackReader(file: DatabaseSync, names: Names, finder: Finder): CallbackReader {
  const select = file.prepare(`${SELECT_CALLBACK} WHERE c.n = ?`);
  const selectNumber = file.prepare('SELECT n FROM callbacks WHERE receivedAt = ? AND key = ?');
  const selectDeliveries = file.prepare(`SELECT d.* FROM names o CROSS JOIN deliveries d ON d.output = o.n
    WHERE o.kind = 1 AND d.receivedAt = ? AND d.key = ? ORDER BY o.name`);
  const selectAttempts = file.prepare('SELECT * FROM attempts WHERE receivedAt = ? AND key = ? ORDER BY at, number');
  const selectActions = file.prepare(`SELECT a.* FROM action_callbacks c CROSS JOIN actions a ON a.id = c.action
    WHERE c.receivedAt = ? AND c.key = ? ORDER BY a.at, a.id`);
  const repeats = createRepeatCounter(file, finder);
  const delivery = (row: Row) => readDelivery(row, names);
  const attempt = (row: Row) => readAttempt(row, names);
  const callback = (row: Row) => readCallback(row, names);
  const attemptsOf = ({ receivedAt, key }: CallbackRef) => selectAttempts.all(receivedAt, key).map(attempt);
  const withRetries = (rows: DeliveryRow[], ref: CallbackRef) => {
    if (!rows.some(waitsAnew)) return rows;
    const attempts = attemptsOf(ref);
    return rows.map((row) => withLastRetry(row, attempts));
  };
  const found = (n: number, bodies: boolean): FoundCallback[] => {
    const row = select.get(n);
    if (row === undefined) return [];
    const { body, ...read } = callback(row);
    const { receivedAt, key } = read;
    const deliveries = withRetries(selectDeliveries.all(receivedAt, key).map(delivery), read);
    return [{ ...read, ...(bodies && { body }), repeats: repeats(read), deliveries }];
  };
  const story = ({ receivedAt, key }: CallbackRef): CallbackStory[] => {
    const row = selectNumber.get(receivedAt, key);
    if (row === undefined) return [];
    const attempts = attemptsOf({ receivedAt, key });
    const actions = selectActions.all(receivedAt, key).map((action) => readAction(action, [{ receivedAt, key }]));
    return found(Number(row['n']), true).map((each) => ({ ...each, attempts, actions }));
  };
  return { found, story, callback, delivery, attempt };
}

function readCallback(row: Row, names: Names): CallbackRow {
  const [source = '', account = '', type = ''] = readOrigin(names.nameOf('origin', Number(row['origin'])));
  const [settings, fate] = JSON.parse(names.nameOf('fate', Number(row['fate'])));
  const task = optionalText(row['taskID']);
  return {
    key: String(row['key']),
    receivedAt: Number(row['receivedAt']),
    id: toText(row['id']),
    source,
    account,
    type,
    time: Number(row['time']),
    ...readJson(row['more']),
    body: optionalText(row['body']),
    batch: toText(row['batch']),
    dispatchedAt: Number(row['dispatchedAt']),
    settings,
    fate,
    subjects: { ...(task !== undefined && { task }), ...readJson(row['subjects']) },
  };
}

function readDelivery(row: Row, names: Names): DeliveryRow {
  const parkedAt = optionalNumber(row['parkedAt']);
  const returnedAt = optionalNumber(row['returnedAt']);
  return {
    key: String(row['key']),
    receivedAt: Number(row['receivedAt']),
    output: names.nameOf('output', Number(row['output'])),
    state: STATE_RANKS[Number(row['state'])] ?? 'waiting',
    ...(row['changed'] === 1 && { changed: true }),
    at: Number(row['at']),
    reason: optionalText(row['reason']),
    fault: toFault(row['fault']),
    nextAt: optionalNumber(row['nextAt']),
    ...(parkedAt !== undefined && { parkedAt }),
    ...(returnedAt !== undefined && { returnedAt }),
  };
}

function readAttempt(row: Row, names: Names): AttemptRow {
  return {
    key: String(row['key']),
    receivedAt: Number(row['receivedAt']),
    output: names.nameOf('output', Number(row['output'])),
    number: Number(row['number']),
    at: Number(row['at']),
    ms: Number(row['ms']),
    outcome: OUTCOMES[Number(row['outcome'])] ?? 'retry',
    status: optionalNumber(row['status']),
    reason: optionalText(row['reason']),
    fault: toFault(row['fault']),
    nextAt: optionalNumber(row['nextAt']),
    answer: optionalText(row['answer']),
  };
}

export function readAction(row: Row, callbacks: readonly CallbackRef[]): ActionRow {
  const facts: ActionRow['facts'] = JSON.parse(String(row['facts']));
  return {
    id: toText(row['id']),
    at: Number(row['at']),
    by: toText(row['by']),
    command: toText(row['command']),
    facts,
    callbacks,
  };
}

/** A repeat belongs to the last callback of its key before it; if there is none, to the first one. */
function createRepeatCounter(file: DatabaseSync, { byId }: Finder): (ref: CallbackRef) => FoundCallback['repeats'] {
  const any = file.prepare('SELECT 1 FROM repeats WHERE key = ? LIMIT 1');
  const timeOf = file.prepare('SELECT receivedAt FROM callbacks WHERE n = ? AND key = ?');
  const count = file.prepare(`SELECT count(*) AS count, coalesce(sum(conflict), 0) AS conflicts FROM repeats
    WHERE key = ? AND receivedAt >= ? AND receivedAt < ?`);
  return ({ key, receivedAt }) => {
    if (any.get(key) === undefined) return { duplicates: 0, conflicts: 0 };
    const times = byId(key).flatMap((n) => timeOf.all(n, key).map((row) => Number(row['receivedAt'])));
    const isFirst = !times.some((time) => time < receivedAt);
    const next = Math.min(...times.filter((time) => time > receivedAt), Number.MAX_SAFE_INTEGER);
    const row = count.get(key, isFirst ? 0 : receivedAt, next);
    const conflicts = Number(row?.['conflicts']);
    return { duplicates: Number(row?.['count']) - conflicts, conflicts };
  };
}
