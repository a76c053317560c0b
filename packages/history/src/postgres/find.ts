import type { CallbackRef } from '../events.ts';
import type { HistoryFilter } from '../store/store.ts';
import { and, type Clause, clause, statement } from './clause.ts';
import type { Sql } from './connect.ts';
import {
  all,
  type Condition,
  deliveryCondition,
  idCondition,
  originCondition,
  type Part,
  type Place,
  textCondition,
  unrouted,
} from './filter-parts.ts';
import type { Names } from './names.ts';
import { refOf } from './read-rows.ts';
import { fromText } from './text.ts';

export type Finder = {
  /** The newest first. */
  readonly find: (filter: HistoryFilter, page: { limit: number; after?: CallbackRef | undefined }) => Promise<CallbackRef[]>;
  readonly count: (filter: HistoryFilter) => Promise<number>;
  /** Numbers of tasks that the provider's or the customer's id names. */
  readonly tasks: (id: string) => Promise<number[]>;
};

/** Of two conditions the one with fewer rows is looked up. More than this are not counted for it. */
const ENOUGH_TO_COMPARE = 20_000;

/** Only these conditions find a callback by more than one row. */
const onlyOnce = ({ state, output, reason, id, task }: HistoryFilter): boolean =>
  [output, reason, id, task].every((each) => each === undefined) && (state === undefined || state === 'unrouted');

type Lookups = { readonly place: () => Promise<Place>; readonly names: Names };

export function createFinder(sql: Sql, lookups: Lookups): Finder {
  const run = (each: Clause) => sql(...statement(each));
  const tasks = async (id: string) => {
    const { s } = await lookups.place();
    const named = `SELECT n FROM ${s}.tasks WHERE task = $1 UNION SELECT n FROM ${s}.tasks WHERE user_task = $1`;
    return (await sql(named, [fromText(id)])).map(({ n }) => Number(n));
  };
  const select = async (filter: HistoryFilter, { limit, after }: { limit?: number; after?: CallbackRef | undefined }) => {
    const conditions = await conditionsOf(filter, lookups, tasks);
    const range = (part: Part) => timeRange(part, filter, after);
    const best = await smallest(run, conditions, range);
    const checks = conditions.filter((condition) => condition !== best).map(({ check }) => check);
    const parts = best?.parts ?? [all((await lookups.place()).s)];
    return union(parts.map((part) => selectPart(part, and([part, range(part), ...checks]), limit)));
  };
  return {
    tasks,
    find: async (filter, page) => {
      const { sql: found, values } = await select(filter, page);
      const newest = `SELECT DISTINCT received_at, key FROM (${found}) f ORDER BY received_at DESC, key DESC LIMIT ${Math.trunc(page.limit)}`;
      return (await run({ sql: newest, values })).map(refOf);
    },
    count: async (filter) => {
      const { sql: found, values } = await select(filter, {});
      const each = onlyOnce(filter) ? `(${found})` : `(SELECT DISTINCT received_at, key FROM (${found}) g)`;
      const [row] = await run({ sql: `SELECT count(*) AS count FROM ${each} f`, values });
      return Number(row?.['count']);
    },
  };
}

async function conditionsOf(filter: HistoryFilter, { place, names }: Lookups, tasks: Finder['tasks']): Promise<Condition[]> {
  const { id, task, text } = filter;
  const at = await place();
  const conditions = [await originCondition(at.s, names, filter), await deliveryCondition(at, names, filter)];
  if (filter.state === 'unrouted') conditions.push(unrouted(at.s));
  if (id !== undefined) conditions.push(idCondition(at.s, { tasks: await tasks(id), id }));
  if (task !== undefined) conditions.push(idCondition(at.s, { tasks: await tasks(task), task }));
  if (text !== undefined) conditions.push(textCondition(at.s, text));
  return conditions.filter((condition) => condition !== undefined);
}

/** The condition with the fewest rows, by counting up to a limit: statistics know little of the newest day. */
async function smallest(
  run: (each: Clause) => Promise<readonly Readonly<Record<string, unknown>>[]>,
  conditions: readonly Condition[],
  range: (part: Part) => Clause,
): Promise<Condition | undefined> {
  const indexed = conditions.filter(({ parts }) => parts !== undefined);
  if (indexed.length < 2) return indexed[0];
  const sizes = indexed.map(async (condition) => {
    let size = 0;
    for (const part of condition.parts ?? []) {
      const { sql, values } = and([part, range(part)]);
      const limited = `SELECT count(*) AS count FROM (SELECT FROM ${part.from} WHERE ${sql} LIMIT ${ENOUGH_TO_COMPARE}) f`;
      size += Number((await run({ sql: limited, values }))[0]?.['count']);
    }
    return { condition, size };
  });
  return (await Promise.all(sizes)).toSorted((one, other) => one.size - other.size)[0]?.condition;
}

function timeRange({ time }: Part, { since, until }: HistoryFilter, after?: CallbackRef): Clause {
  const clauses: Clause[] = [];
  if (since !== undefined) clauses.push(clause(`${time}.received_at >= ?`, since));
  if (until !== undefined) clauses.push(clause(`${time}.received_at < ?`, until));
  if (after !== undefined) {
    clauses.push(clause(`${time}.received_at <= ?`, after.receivedAt));
    clauses.push(clause(`${time}.received_at < ? OR ${time}.key < ?`, after.receivedAt, after.key));
  }
  return and(clauses);
}

/** A callback may come several times: who asks takes each once. */
function selectPart({ from, time, copies }: Part, { sql, values }: Clause, limit: number | undefined): Clause {
  const most = Math.trunc(limit ?? 0) * copies;
  const newest = limit === undefined ? '' : `ORDER BY ${time}.received_at DESC, ${time}.key DESC LIMIT ${most}`;
  return { sql: `(SELECT ${time}.received_at, ${time}.key FROM ${from} WHERE ${sql} ${newest})`, values };
}

function union(parts: readonly Clause[]): Clause {
  if (parts.length === 0) return clause(`SELECT 0 AS received_at, '' AS key WHERE false`);
  return { sql: parts.map(({ sql }) => sql).join(' UNION ALL '), values: parts.flatMap(({ values }) => values) };
}
