import { type HistoryRows, NO_ROWS } from '../store/rows.ts';
import type { Names } from './names.ts';
import {
  readAction,
  readAttempts,
  readCallbacks,
  readDeliveries,
  readGap,
  readRefusal,
  refOf,
  selectCallbacks,
} from './read-rows.ts';
import type { Run } from './run.ts';

const PORTION = 500;

/**
 * Callbacks in order of time, and with them what was delivered and attempted between one and the next; then the rest. No
 * transaction stays open between portions: it would keep vacuum from its work.
 */
export async function* readAll(run: Run, names: Names): AsyncGenerator<HistoryRows> {
  let after = { receivedAt: Number.MIN_SAFE_INTEGER, key: '' };
  for (;;) {
    const from = [after.receivedAt, after.key];
    const callbacks = await run.with(async (sql, s) =>
      readCallbacks(
        names,
        await sql(
          `${selectCallbacks(s, { bodies: true })} WHERE ${beyond('c')} ORDER BY c.received_at, c.key LIMIT ${PORTION}`,
          from,
        ),
      ),
    );
    const last = callbacks.length < PORTION ? undefined : callbacks.at(-1);
    const bounds = [...from, last?.receivedAt ?? Number.MAX_SAFE_INTEGER, last?.key ?? ''];
    const rows = await run.with(async (sql, s) => ({
      ...NO_ROWS,
      callbacks,
      deliveries: await readDeliveries(names, await sql(`SELECT d.* FROM ${s}.deliveries d WHERE ${within('d')}`, bounds)),
      attempts: await readAttempts(names, await sql(`SELECT a.* FROM ${s}.attempts a WHERE ${within('a')}`, bounds)),
    }));
    yield rows;
    if (last === undefined) break;
    after = { receivedAt: last.receivedAt, key: last.key };
  }
  yield await readOthers(run);
}

/** The first comparison lets the planner leave out days. */
export const beyond = (t: string) => `${t}.received_at >= $1 AND (${t}.received_at, ${t}.key) > ($1::bigint, $2::text)`;
const within = (t: string) =>
  `${beyond(t)} AND ${t}.received_at <= $3 AND (${t}.received_at, ${t}.key) <= ($3::bigint, $4::text)`;

const readOthers = (run: Run): Promise<HistoryRows> =>
  run.with(async (sql, s) => {
    const repeats = await sql(`SELECT * FROM ${s}.repeats ORDER BY received_at, key`);
    const ofActions = Map.groupBy(
      await sql(`SELECT * FROM ${s}.action_callbacks ORDER BY received_at, key`),
      (row) => row['action'],
    );
    const actions = await sql(`SELECT * FROM ${s}.actions ORDER BY at, id`);
    return {
      ...NO_ROWS,
      repeats: repeats.map((row) => ({
        ...refOf(row),
        as: row['conflict'] === true ? ('conflict' as const) : ('duplicate' as const),
      })),
      refusals: (await sql(`SELECT * FROM ${s}.refusals ORDER BY minute, process, code, source`)).map(readRefusal),
      actions: actions.map((row) => readAction(row, (ofActions.get(row['id']) ?? []).map(refOf))),
      gaps: (await sql(`SELECT * FROM ${s}.gaps ORDER BY since`)).map(readGap),
    };
  });
