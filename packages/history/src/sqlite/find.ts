import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { CallbackRef } from '../events.ts';
import type { HistoryFilter } from '../store/store.ts';
import {
  and,
  byNumber,
  byTask,
  type Clause,
  type Condition,
  deliveryCondition,
  originCondition,
  type Part,
  UNROUTED,
} from './filter-parts.ts';
import { byAnyId, byUserTask, createIdLookup } from './id-lookup.ts';
import type { Names } from './names.ts';
import { fromText } from './values.ts';

/** Finds the numbers of callbacks (`callbacks.n`). */
export type Finder = {
  readonly find: (filter: HistoryFilter, page: { limit: number; after?: CallbackRef | undefined }) => number[];
  readonly count: (filter: HistoryFilter) => number;
  /** Callbacks that the id names in some way; tasks aside. */
  readonly byId: (id: string) => number[];
  /** Tasks that the provider's or the customer's id names. */
  readonly tasks: (id: string) => number[];
};

/** Of two conditions the one with fewer rows is looked up. More than this are not counted for it. */
const ENOUGH_TO_COMPARE = 20_000;

const NOTHING: Condition = { parts: [], check: { sql: '0', values: [] } };
const ALL: readonly Part[] = [{ from: 'callbacks c INDEXED BY callbacks_by_time', time: 'c', sql: '1', values: [] }];

export function createFinder(file: DatabaseSync, names: Names): Finder {
  const lookUp = createIdLookup(file);
  const byId = (id: string) => [
    ...lookUp(id, byAnyId),
    ...(id.startsWith('msg_') ? lookUp(id.slice('msg_'.length), byAnyId) : []),
  ];
  const byUser = (id: string) => lookUp(id, byUserTask);
  const selectTasks = file.prepare('SELECT n FROM tasks WHERE task = ?1 UNION SELECT n FROM tasks WHERE userTask = ?1');
  const tasks = (id: string) => selectTasks.all(fromText(id)).map(({ n }) => Number(n));
  const select = createSelector(file, { names, byId, byUser, tasks });
  return {
    byId,
    tasks,
    find: (filter, { limit, after }) => {
      const { sql, values } = select(filter, after);
      const rows = file.prepare(`${sql} ORDER BY receivedAt DESC, key DESC LIMIT ?`).all(...values, limit);
      return rows.map(({ n }) => Number(n));
    },
    count: (filter) => {
      const { sql, values } = select(filter);
      return firstNumber(file, `SELECT count(*) FROM (${sql})`, values);
    },
  };
}

/** Looks up the condition with the fewest rows, and checks the others. */
function createSelector(file: DatabaseSync, lookups: Lookups): (filter: HistoryFilter, after?: CallbackRef) => Clause {
  const sizeOf = (parts: readonly Part[], range: (part: Part) => Clause) => {
    let sum = 0;
    for (const part of parts) {
      const { sql, values } = and([part, range(part)]);
      sum += firstNumber(
        file,
        `SELECT count(*) FROM (SELECT 1 FROM ${part.from} WHERE ${sql} LIMIT ${ENOUGH_TO_COMPARE})`,
        values,
      );
    }
    return sum;
  };
  return (filter, after) => {
    const range = (part: Part) => timeRange(part, filter, after);
    const conditions = conditionsOf(filter, lookups);
    const indexed = conditions.filter(({ parts }) => parts !== undefined);
    const sized = indexed.map((condition) => ({
      condition,
      size: indexed.length === 1 ? 0 : sizeOf(condition.parts ?? ALL, range),
    }));
    const best = sized.toSorted((one, other) => one.size - other.size)[0]?.condition;
    const checks = conditions.filter((condition) => condition !== best).map(({ check }) => check);
    return union((best?.parts ?? ALL).map((part) => selectPart(part, and([part, range(part), ...checks]))));
  };
}

type Lookups = Pick<Finder, 'byId' | 'tasks'> & { readonly names: Names; readonly byUser: (id: string) => number[] };

function conditionsOf(filter: HistoryFilter, { names, byId, byUser, tasks }: Lookups): Condition[] {
  const { id, task, text } = filter;
  const conditions: (Condition | undefined)[] = [originCondition(names, filter), deliveryCondition(names, filter)];
  if (filter.state === 'unrouted') conditions.push(UNROUTED);
  if (id !== undefined) conditions.push(numbered(tasks(id), byId(id)));
  if (task !== undefined) conditions.push(numbered(tasks(task), byUser(task)));
  // No text of UTF-8 has a lone surrogate.
  if (text !== undefined && !text.isWellFormed()) conditions.push(NOTHING);
  else if (text !== undefined)
    conditions.push({
      check: { sql: 'EXISTS (SELECT 1 FROM bodies b WHERE b.n = c.n AND instr(b.body, ?) > 0)', values: [text] },
    });
  return conditions.filter((condition) => condition !== undefined);
}

function numbered(tasks: readonly number[], ns: readonly number[]): Condition {
  const sql = 'c.task IN (SELECT value FROM json_each(?)) OR c.n IN (SELECT value FROM json_each(?))';
  const check = { sql, values: [JSON.stringify(tasks), JSON.stringify(ns)] };
  return { parts: [...tasks.map(byTask), ...(ns.length > 0 ? [byNumber(ns)] : [])], check };
}

function timeRange({ time }: Part, { since, until }: HistoryFilter, after?: CallbackRef): Clause {
  const clauses: Clause[] = [];
  const add = (sql: string, ...values: SQLInputValue[]) => clauses.push({ sql, values });
  if (since !== undefined) add(`${time}.receivedAt >= ?`, since);
  if (until !== undefined) add(`${time}.receivedAt < ?`, until);
  if (after !== undefined) {
    add(`${time}.receivedAt <= ?`, after.receivedAt);
    add(`${time}.receivedAt < ? OR ${time}.key < ?`, after.receivedAt, after.key);
  }
  return and(clauses);
}

function selectPart({ from, time }: Part, { sql, values }: Clause): Clause {
  // A callback may have several such deliveries.
  const distinct = time === 'd' ? 'DISTINCT' : '';
  return {
    sql: `SELECT ${distinct} ${time}.receivedAt AS receivedAt, ${time}.key AS key, c.n AS n FROM ${from} WHERE ${sql}`,
    values,
  };
}

function union(parts: readonly Clause[]): Clause {
  if (parts.length === 0) return { sql: 'SELECT 0 AS receivedAt, 0 AS key, 0 AS n WHERE 0', values: [] };
  return { sql: parts.map(({ sql }) => sql).join(' UNION '), values: parts.flatMap(({ values }) => values) };
}

function firstNumber(file: DatabaseSync, sql: string, values: readonly SQLInputValue[]): number {
  const [first] = Object.values(file.prepare(sql).get(...values) ?? {});
  return Number(first);
}
