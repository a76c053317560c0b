import { matchesType } from '@ringback/routing';
import { rankOf, STATE_RANKS } from '../store/newest-state.ts';
import type { HistoryFilter } from '../store/store.ts';
import { and, type Clause, clause } from './clause.ts';
import type { Names } from './names.ts';
import { fromText, toBytes } from './text.ts';
import { outcomeNumber } from './values.ts';

/** Rows of `callbacks c`, found through an index in order of time. `time`: the table whose columns give that order. */
export type Part = Clause & {
  readonly from: string;
  readonly time: 'c' | 'd';
  /** The most rows that one callback has in it. */
  readonly copies: number;
};

/** A filter's condition: as indexes find it (`parts`, whose union it is), or checked for a callback `c`. */
export type Condition = { readonly parts?: readonly Part[] | undefined; readonly check: Clause };

export type Place = {
  readonly s: string;
  /** ` COLLATE …` by which `lower` knows all letters; or nothing. */
  readonly letters: string;
};

/** More are not looked up one by one. */
const MOST_PARTS = 50;

const ofCallbacks = (s: string, { sql, values }: Clause): Part => ({
  from: `${s}.callbacks c`,
  time: 'c',
  copies: 1,
  sql,
  values,
});

export const all = (s: string): Part => ofCallbacks(s, clause('true'));

export function unrouted(s: string): Condition {
  return { parts: [ofCallbacks(s, clause('c.unrouted'))], check: clause('c.unrouted IS TRUE') };
}

export async function originCondition(s: string, names: Names, filter: HistoryFilter): Promise<Condition | undefined> {
  const { source, account, type } = filter;
  if (source === undefined && account === undefined && type === undefined) return undefined;
  const fits = ({ name }: { name: string }) => {
    const [ofSource = '', ofAccount = '', ofType = ''] = readOrigin(name);
    if (source !== undefined && source !== ofSource) return false;
    if (account !== undefined && account !== ofAccount) return false;
    return type === undefined || matchesType(type, ofType);
  };
  const origins = (await names.all('origin')).filter(fits).map(({ n }) => n);
  return {
    parts: origins.length <= MOST_PARTS ? origins.map((n) => ofCallbacks(s, clause('c.origin = ?', n))) : undefined,
    check: clause('c.origin = ANY (?::int[])', origins),
  };
}

export function readOrigin(name: string): string[] {
  const [source, account, type]: unknown[] = JSON.parse(name);
  return [String(source), String(account), String(type)];
}

const DELIVERED = rankOf('delivered');

/** As `withLastRetry`. */
const lastReason = (s: string) => `CASE WHEN d.changed AND d.state = ${rankOf('waiting')} THEN coalesce((
  SELECT a.reason FROM ${s}.attempts a WHERE a.received_at = d.received_at AND a.key = d.key AND a.output = d.output
    AND a.outcome = ${outcomeNumber('retry')} AND a.at + a.ms > d.at ORDER BY a.at + a.ms DESC LIMIT 1), d.reason) ELSE d.reason END`;

export async function deliveryCondition(
  { s, letters }: Place,
  names: Names,
  filter: HistoryFilter,
): Promise<Condition | undefined> {
  const { output, reason } = filter;
  const state = filter.state === 'unrouted' ? undefined : filter.state;
  if (state === undefined && output === undefined && reason === undefined) return undefined;
  const outputs = (await names.all('output')).filter(({ name }) => output === undefined || name === output).map(({ n }) => n);
  // Numbers of ours stand in the text: by them the planner sees that an index fits.
  const ofState = state === undefined ? [] : [clause(`d.state = ${rankOf(state)}`)];
  const ofReason =
    reason === undefined
      ? []
      : [clause(`position(lower(?::text${letters}) in lower((${lastReason(s)})${letters})) > 0`, fromText(reason))];
  const ofOutput = clause('d.output = ANY (?::int[])', outputs);
  const same = clause('d.received_at = c.received_at AND d.key = c.key');
  const exists = and([ofOutput, same, ...ofState, ...ofReason]);
  const check = { sql: `EXISTS (SELECT FROM ${s}.deliveries d WHERE ${exists.sql})`, values: exists.values };
  // OFFSET 0: one look-up for each delivery, in order of time, until the page is full.
  const from = `${s}.deliveries d CROSS JOIN LATERAL (
    SELECT c.* FROM ${s}.callbacks c WHERE c.received_at = d.received_at AND c.key = d.key OFFSET 0
  ) c`;
  const part = (clauses: readonly Clause[], copies: number): Part => ({ from, time: 'd', copies, ...and(clauses) });
  if (reason !== undefined || (state !== undefined && state !== 'delivered')) {
    const ranks = state === undefined ? STATE_RANKS.map(rankOf) : [rankOf(state)];
    const notable = (rank: number) => clause(`d.state = ${rank} AND (d.state <> ${DELIVERED} OR d.reason IS NOT NULL)`);
    return { parts: ranks.map((rank) => part([notable(rank), ofOutput, ...ofReason], outputs.length)), check };
  }
  const byOutput = (n: number) => part([clause(`d.output = ${n}`), ...ofState], 1);
  return { parts: outputs.length <= MOST_PARTS ? outputs.map(byOutput) : undefined, check };
}

/** Tasks by number, the customer's id of one without a number, and all other ids by their texts. */
export function idCondition(s: string, { tasks, task, id }: { tasks: readonly number[]; task?: string; id?: string }): Condition {
  const clauses = tasks.map((n) => clause('c.task = ?', n));
  const text = fromText(task ?? id ?? '');
  clauses.push(clause('c.user_task = ? AND c.task IS NULL', text));
  if (id !== undefined) {
    clauses.push(...['c.id', 'c.key', 'c.order_id', 'c.call_id'].map((column) => clause(`${column} = ?`, text)));
    if (id.startsWith('msg_')) clauses.push(...byDeliveryId(id.slice('msg_'.length)));
  }
  return {
    parts: clauses.map((each, i) => (i < tasks.length ? ofCallbacks(s, each) : byText(s, each))),
    check: { sql: clauses.map(({ sql }) => `(${sql})`).join(' OR '), values: clauses.flatMap(({ values }) => values) },
  };
}

/** OFFSET 0: by the index of the id. Without statistics the planner would go through all callbacks in order of time. */
const byText = (s: string, { sql, values }: Clause): Part => ({
  from: `(SELECT c.* FROM ${s}.callbacks c WHERE ${sql} OFFSET 0) c`,
  time: 'c',
  copies: 1,
  ...clause('true', ...values),
});

const byDeliveryId = (key: string) => ['c.key', 'c.deliver_as'].map((column) => clause(`${column} = ?`, fromText(key)));

/** No index has it. */
export function textCondition(s: string, text: string): Condition {
  const bytes = toBytes(text);
  const check = clause(
    `EXISTS (SELECT FROM ${s}.bodies b WHERE b.received_at = c.received_at AND b.key = c.key AND position(?::bytea in b.body) > 0)`,
    bytes,
  );
  return { check };
}
