import { setTimeout } from 'node:timers/promises';
import type { Pruned, PruneLimits } from '../store/store.ts';
import { unavailable } from './errors.ts';
import { DAY_MS, dayOf, PARTITIONED, type Partitioned, partitionName, type Partitions } from './partitions.ts';
import type { Run } from './run.ts';

const PORTION = 5000;
const MOST_PAUSE_MS = 100;
/** Writers hold a day's lock for no longer than a batch takes. */
const DROP_TRIES = 5;
const PAUSE_MS = 500;

/** True: a day goes once all of it is due, by dropping it. False: rows go one by one, to the ms. */
export type WholeDays = { readonly callbacks: boolean; readonly bodies: boolean };

type Deps = { readonly run: Run; readonly partitions: Partitions; readonly wholeDays: WholeDays; readonly server: string };

/** Drops the partitions of days that are over, and removes the rest in small transactions with a pause after each. */
export async function prune(deps: Deps, { before, bodiesBefore }: PruneLimits, now: number): Promise<Pruned> {
  const { partitions, wholeDays } = deps;
  await partitions.ensure([dayOf(now), dayOf(now) + 1], now);
  let [callbacks, bodies] = [0, 0];
  if (before !== undefined) {
    callbacks = await dropDays(deps, PARTITIONED, before);
    callbacks += await removeCallbacks(deps, before, wholeDays.callbacks);
    await removeOthers(deps, before);
  }
  if (bodiesBefore !== undefined) {
    bodies = await dropDays(deps, ['bodies'], bodiesBefore);
    bodies += await removeOld(deps, wholeDays.bodies ? 'bodies_default' : 'bodies', 'received_at', bodiesBefore);
  }
  return { callbacks, bodies };
}

/** Resolves to how many rows the first of the tables had. */
async function dropDays(deps: Deps, tables: readonly Partitioned[], before: number): Promise<number> {
  let sum = 0;
  for (const table of tables) {
    const days = (await deps.partitions.days(table)).filter(({ day }) => (day + 1) * DAY_MS <= before);
    for (const { day, isAttached } of days) {
      const count = table === tables[0] && isAttached ? await countRows(deps, partitionName(table, day)) : 0;
      await dropDay(deps, table, day);
      sum += count;
    }
  }
  return sum;
}

const countRows = ({ run }: Deps, name: string) =>
  run.with(async (sql, s) => Number((await sql(`SELECT count(*) AS count FROM ${s}.${name}`))[0]?.['count']));

async function dropDay({ partitions, server }: Deps, table: Partitioned, day: number): Promise<void> {
  for (let tried = 1; tried <= DROP_TRIES; tried += 1) {
    if (await partitions.drop(table, day)) return;
    await setTimeout(PAUSE_MS);
  }
  throw unavailable(
    server,
    `an old day cannot be removed, since other sessions hold ${partitionName(table, day)} locked: see pg_locks`,
  );
}

/** With what belongs to them. Also of callbacks that were never written, because their event was dropped. */
async function removeCallbacks(deps: Deps, before: number, wholeDays: boolean): Promise<number> {
  const [first, ...others] = wholeDays ? PARTITIONED.map((table) => `${table}_default` as const) : PARTITIONED;
  for (const table of others) await removeOld(deps, table, 'received_at', before);
  return removeOld(deps, first ?? 'callbacks', 'received_at', before);
}

async function removeOthers(deps: Deps, before: number): Promise<void> {
  const done = 'task IN (SELECT n FROM §.tasks WHERE last_at < $1)';
  for (const table of ['task_items', 'task_progress']) await removeWhere(deps, table, done, before);
  for (const [table, column] of [
    ['tasks', 'last_at'],
    ['action_callbacks', 'received_at'],
    ['refusals', 'minute'],
    ['actions', 'at'],
    ['gaps', 'until'],
  ] as const)
    await removeOld(deps, table, column, before);
}

const removeOld = (deps: Deps, table: string, column: string, before: number) =>
  removeWhere(deps, table, `${column} < $1`, before);

async function removeWhere({ run }: Deps, table: string, condition: string, before: number): Promise<number> {
  for (let sum = 0; ;) {
    const start = performance.now();
    const removed = await run.with(async (sql, s) => {
      // A row's place is unique within its partition only.
      const [row] = await sql(
        `WITH gone AS (DELETE FROM ${s}.${table} WHERE (tableoid, ctid) IN (
          SELECT tableoid, ctid FROM ${s}.${table} WHERE ${condition.replaceAll('§', s)} LIMIT ${PORTION}
        ) RETURNING 1) SELECT count(*) AS count FROM gone`,
        [before],
      );
      return Number(row?.['count']);
    });
    sum += removed;
    if (removed < PORTION) return sum;
    await setTimeout(Math.min(performance.now() - start, MOST_PAUSE_MS));
  }
}
