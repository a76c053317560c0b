import type { DatabaseSync } from 'node:sqlite';
import { newestStates, rankOf } from '../store/newest-state.ts';
import type { ActionRow, AttemptRow, DeliveryRow, GapRow, HistoryRows, RefusalRow, RepeatRow } from '../store/rows.ts';
import type { Names } from './names.ts';
import { fromFault, fromText, OUTCOMES } from './values.ts';
import { createCallbackWriter } from './write-callbacks.ts';

/** Writes rows. MUST run in a transaction. Writing the same again changes nothing. */
export function createWriter(file: DatabaseSync, names: Names): (rows: HistoryRows) => void {
  const callbacks = createCallbackWriter(file, names);
  const deliveries = deliveryWriter(file, names);
  const attempts = attemptWriter(file, names);
  const repeats = repeatWriter(file);
  const refusals = refusalWriter(file);
  const actions = actionWriter(file);
  const gaps = gapWriter(file);
  return (rows) => {
    callbacks(rows.callbacks);
    deliveries(newestStates(rows.deliveries));
    attempts(rows.attempts);
    repeats(rows.repeats);
    refusals(rows.refusals);
    actions(rows.actions);
    gaps(rows.gaps);
  };
}

function deliveryWriter(file: DatabaseSync, names: Names): (rows: readonly DeliveryRow[]) => void {
  const upsert = file.prepare(`INSERT INTO deliveries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL)
    ON CONFLICT DO UPDATE SET state = excluded.state, at = excluded.at, nextAt = excluded.nextAt, reason = excluded.reason,
      fault = excluded.fault, notable = excluded.notable, changed = excluded.changed
    WHERE (excluded.changed OR excluded.state > 0, excluded.at, excluded.state, coalesce(excluded.nextAt, 0),
      coalesce(excluded.reason, ''), excluded.changed) >
      (changed OR state > 0, at, state, coalesce(nextAt, 0), coalesce(reason, ''), changed)`);
  const park = file.prepare(`UPDATE deliveries SET parkedAt = nullif(max(coalesce(parkedAt, 0), ?), 0),
    returnedAt = nullif(max(coalesce(returnedAt, 0), ?), 0) WHERE output = ? AND receivedAt = ? AND key = ?`);
  return (rows) => {
    for (const row of rows) {
      const { output, receivedAt, key, state, at, nextAt, reason, fault, changed, parkedAt, returnedAt } = row;
      const rank = rankOf(state);
      const notable = state === 'delivered' && reason === undefined ? null : rank;
      const of = names.numberOf('output', output);
      const rest = [fromText(reason), fromFault(fault), notable, changed === true ? 1 : 0] as const;
      upsert.run(of, receivedAt, key, rank, at, nextAt ?? null, ...rest);
      if ((parkedAt ?? returnedAt) !== undefined) park.run(parkedAt ?? 0, returnedAt ?? 0, of, receivedAt, key);
    }
  };
}

function attemptWriter(file: DatabaseSync, names: Names): (rows: readonly AttemptRow[]) => void {
  const insert = file.prepare('INSERT INTO attempts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING');
  return (rows) => {
    for (const { receivedAt, key, output, number, at, ms, outcome, status, reason, fault, nextAt, answer } of rows) {
      const of = names.numberOf('output', output);
      const rest = [status ?? null, fromText(reason), fromFault(fault), nextAt ?? null, fromText(answer)] as const;
      insert.run(receivedAt, key, of, number, at, ms, OUTCOMES.indexOf(outcome), ...rest);
    }
  };
}

function repeatWriter(file: DatabaseSync): (rows: readonly RepeatRow[]) => void {
  const upsert = file.prepare(`INSERT INTO repeats VALUES (?, ?, ?)
    ON CONFLICT DO UPDATE SET conflict = 1 WHERE excluded.conflict > conflict`);
  return (rows) => {
    for (const { key, receivedAt, as } of rows) upsert.run(key, receivedAt, as === 'conflict' ? 1 : 0);
  };
}

function refusalWriter(file: DatabaseSync): (rows: readonly RefusalRow[]) => void {
  const upsert = file.prepare(`INSERT INTO refusals VALUES (?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET count = excluded.count WHERE excluded.count > count`);
  return (rows) => {
    for (const { minute, process, code, source, count } of rows)
      upsert.run(minute, fromText(process), fromText(code), fromText(source ?? ''), count);
  };
}

function actionWriter(file: DatabaseSync): (rows: readonly ActionRow[]) => void {
  const insert = file.prepare('INSERT INTO actions VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING');
  const insertCallback = file.prepare('INSERT INTO action_callbacks VALUES (?, ?, ?) ON CONFLICT DO NOTHING');
  return (rows) => {
    for (const { id, at, by, command, facts, callbacks } of rows) {
      insert.run(fromText(id), at, fromText(by), fromText(command), JSON.stringify(facts));
      for (const { receivedAt, key } of callbacks) insertCallback.run(fromText(id), receivedAt, key);
    }
  };
}

/** A gap grows while it lasts. */
function gapWriter(file: DatabaseSync): (rows: readonly GapRow[]) => void {
  const upsert = file.prepare(`INSERT INTO gaps VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET since = min(since, excluded.since), until = max(until, excluded.until),
      callbacks = max(callbacks, excluded.callbacks), attempts = max(attempts, excluded.attempts)`);
  return (rows) => {
    for (const { id, from, to, callbacks, attempts, reason } of rows)
      upsert.run(fromText(id), from, to, callbacks, attempts, fromText(reason));
  };
}
