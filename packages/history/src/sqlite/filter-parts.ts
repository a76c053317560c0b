import type { SQLInputValue } from 'node:sqlite';
import { matchesType } from '@ringback/routing';
import { rankOf, STATE_RANKS } from '../store/newest-state.ts';
import type { HistoryFilter } from '../store/store.ts';
import type { Names } from './names.ts';
import { fromText, OUTCOMES } from './values.ts';

export type Clause = { readonly sql: string; readonly values: readonly SQLInputValue[] };

/** Rows of `callbacks c`, found through an index in order of time. `time`: the table whose columns give that order. */
export type Part = Clause & { readonly from: string; readonly time: 'c' | 'd' };

/** A filter's condition: as indexes find it (`parts`, whose union it is), or checked for a callback `c`. */
export type Condition = { readonly parts?: readonly Part[] | undefined; readonly check: Clause };

/** SQLite merges no more than this many index ranges in order. */
const MOST_PARTS = 50;

const byOrigin = (origin: number): Part => ({
  from: 'callbacks c INDEXED BY callbacks_by_origin',
  time: 'c',
  sql: 'c.origin = ?',
  values: [origin],
});

export const byTask = (task: number): Part => ({
  from: 'callbacks c INDEXED BY callbacks_by_task',
  time: 'c',
  sql: 'c.task = ?',
  values: [task],
});

export const byNumber = (ns: readonly number[]): Part => ({
  from: 'callbacks c',
  time: 'c',
  sql: 'c.n IN (SELECT value FROM json_each(?))',
  values: [JSON.stringify(ns)],
});

export const UNROUTED: Condition = {
  parts: [{ from: 'callbacks c INDEXED BY callbacks_unrouted', time: 'c', sql: 'c.unrouted IS NOT NULL', values: [] }],
  check: { sql: 'c.unrouted IS NOT NULL', values: [] },
};

export function originCondition(names: Names, { source, account, type }: HistoryFilter): Condition | undefined {
  if (source === undefined && account === undefined && type === undefined) return undefined;
  const fits = ({ name }: { name: string }) => {
    const [ofSource = '', ofAccount = '', ofType = ''] = readOrigin(name);
    if (source !== undefined && source !== ofSource) return false;
    if (account !== undefined && account !== ofAccount) return false;
    return type === undefined || matchesType(type, ofType);
  };
  const origins = names
    .all('origin')
    .filter(fits)
    .map(({ n }) => n);
  return {
    parts: origins.length <= MOST_PARTS ? origins.map(byOrigin) : undefined,
    check: { sql: 'c.origin IN (SELECT value FROM json_each(?))', values: [JSON.stringify(origins)] },
  };
}

export function readOrigin(name: string): string[] {
  const [source, account, type]: unknown[] = JSON.parse(name);
  return [String(source), String(account), String(type)];
}

/** As `withLastRetry`. */
const LAST_REASON = `CASE WHEN d.changed AND d.state = ${rankOf('waiting')} THEN coalesce((
  SELECT a.reason FROM attempts a WHERE a.receivedAt = d.receivedAt AND a.key = d.key AND a.output = d.output
    AND a.outcome = ${OUTCOMES.indexOf('retry')} AND a.at + a.ms > d.at ORDER BY a.at + a.ms DESC LIMIT 1), d.reason) ELSE d.reason END`;

export function deliveryCondition(names: Names, filter: HistoryFilter): Condition | undefined {
  const { output, reason } = filter;
  const state = filter.state === 'unrouted' ? undefined : filter.state;
  if (state === undefined && output === undefined && reason === undefined) return undefined;
  const all = names
    .all('output')
    .filter(({ name }) => output === undefined || name === output)
    .map(({ n }) => n);
  const ofState: Clause[] = state === undefined ? [] : [{ sql: 'd.state = ?', values: [rankOf(state)] }];
  const ofReason: Clause[] =
    reason === undefined ? [] : [{ sql: `contains(${LAST_REASON}, ?)`, values: [fromText(reason.toLowerCase())] }];
  const ofOutput: Clause = { sql: 'd.output IN (SELECT value FROM json_each(?))', values: [JSON.stringify(all)] };
  const same: Clause = { sql: 'd.receivedAt = c.receivedAt AND d.key = c.key', values: [] };
  const exists = and([ofOutput, same, ...ofState, ...ofReason]);
  const check = { sql: `EXISTS (SELECT 1 FROM deliveries d WHERE ${exists.sql})`, values: exists.values };
  const isNotable = reason !== undefined || (state !== undefined && state !== 'delivered');
  if (isNotable) {
    const ranks = state === undefined ? STATE_RANKS.map(rankOf) : [rankOf(state)];
    return { parts: ranks.map((rank) => byNotable(rank, [ofOutput, ...ofReason])), check };
  }
  return { parts: all.length <= MOST_PARTS ? all.map((n) => byOutput(n, ofState)) : undefined, check };
}

const JOINED = 'CROSS JOIN callbacks c ON c.receivedAt = d.receivedAt AND c.key = d.key';

function byNotable(rank: number, others: readonly Clause[]): Part {
  const clause = and([{ sql: 'd.notable = ?', values: [rank] }, ...others]);
  return { from: `deliveries d INDEXED BY deliveries_notable ${JOINED}`, time: 'd', ...clause };
}

function byOutput(output: number, others: readonly Clause[]): Part {
  return { from: `deliveries d ${JOINED}`, time: 'd', ...and([{ sql: 'd.output = ?', values: [output] }, ...others]) };
}

export function and(clauses: readonly Clause[]): Clause {
  return { sql: clauses.map(({ sql }) => `(${sql})`).join(' AND ') || '1', values: clauses.flatMap(({ values }) => values) };
}
