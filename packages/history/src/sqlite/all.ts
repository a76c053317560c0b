import type { DatabaseSync } from 'node:sqlite';
import { createSmallRowReaders } from '../store/read-small-rows.ts';
import { type GapRow, type HistoryRows, NO_ROWS } from '../store/rows.ts';
import { type CallbackReader, readAction, SELECT_CALLBACK } from './read-callbacks.ts';
import type { Run } from './rest.ts';
import { type Row, toText } from './values.ts';

const PORTION = 500;

/** A place in the order of time. */
type Place = { receivedAt: number; key: string };

/**
 * Callbacks in order of time, and with them what was delivered and attempted between one and the next; then the rest. No
 * transaction stays open between portions: it would keep the WAL from being emptied.
 */
export async function* readAll(
  file: DatabaseSync,
  reader: CallbackReader,
  { read }: Pick<Run, 'read'>,
): AsyncGenerator<HistoryRows> {
  const callbacks = file.prepare(
    `${SELECT_CALLBACK} WHERE (c.receivedAt, c.key) > (?, ?) ORDER BY c.receivedAt, c.key LIMIT ${PORTION}`,
  );
  const range = '(receivedAt, key) > (?, ?) AND (receivedAt, key) <= (?, ?)';
  const deliveries = file.prepare(`SELECT * FROM deliveries WHERE output = ? AND ${range}`);
  const attempts = file.prepare(`SELECT * FROM attempts WHERE ${range}`);
  const outputs = () =>
    file
      .prepare('SELECT n FROM names WHERE kind = 1')
      .all()
      .map(({ n }) => Number(n));
  let after: Place = { receivedAt: Number.MIN_SAFE_INTEGER, key: '' };
  for (;;) {
    const { rows, to } = await read(() => {
      const found = callbacks.all(after.receivedAt, after.key).map(reader.callback);
      const until: Place = found.length < PORTION ? { receivedAt: Number.MAX_SAFE_INTEGER, key: '' } : (found.at(-1) ?? after);
      const bounds = [after.receivedAt, after.key, until.receivedAt, until.key] as const;
      const delivered = outputs()
        .flatMap((output) => deliveries.all(output, ...bounds))
        .map(reader.delivery);
      const attempted = attempts.all(...bounds).map(reader.attempt);
      return { rows: { ...NO_ROWS, callbacks: found, deliveries: delivered, attempts: attempted }, to: until };
    });
    yield rows;
    if (to.receivedAt === Number.MAX_SAFE_INTEGER) break;
    after = { receivedAt: to.receivedAt, key: to.key };
  }
  yield* await read(() => readOthers(file));
}

function readOthers(file: DatabaseSync): HistoryRows[] {
  const all = (sql: string): Row[] => file.prepare(sql).all();
  const repeats = all('SELECT * FROM repeats').map((row) => ({
    key: String(row['key']),
    receivedAt: Number(row['receivedAt']),
    as: row['conflict'] === 1 ? ('conflict' as const) : ('duplicate' as const),
  }));
  const refusals = all('SELECT * FROM refusals').map(readRefusal);
  const ofAction = file.prepare('SELECT receivedAt, key FROM action_callbacks WHERE action = ?');
  const actions = all('SELECT * FROM actions ORDER BY at, id').map((row) =>
    readAction(row, refsOf(ofAction.all(row['id'] ?? null))),
  );
  return [{ ...NO_ROWS, repeats, refusals, actions, gaps: readGaps(file) }];
}

export const refsOf = (rows: readonly Row[]): Place[] =>
  rows.map(({ receivedAt, key }) => ({ receivedAt: Number(receivedAt), key: String(key) }));

const readers = createSmallRowReaders(toText);
export const readRefusal = readers.refusal;

export const readGaps = (file: DatabaseSync): GapRow[] =>
  file.prepare('SELECT * FROM gaps ORDER BY since').all().map(readers.gap);
