import { STATE_RANKS } from '../store/newest-state.ts';
import { createSmallRowReaders } from '../store/read-small-rows.ts';
import type { ActionRow, AttemptRow, CallbackRow, DeliveryRow } from '../store/rows.ts';
import type { Row } from './connect.ts';
import { readOrigin } from './filter-parts.ts';
import type { Names } from './names.ts';
import { optionalNumber, optionalText, toText } from './text.ts';
import { faultOf, outcomeOf } from './values.ts';

/** `readCallbacks` reads rows of this, with a `WHERE`. The body is there only if it is asked for. */
export const selectCallbacks = (s: string, { bodies }: { bodies: boolean }): string => `SELECT c.*, t.task AS task_id
  ${bodies ? ', b.body' : ''} FROM ${s}.callbacks c LEFT JOIN ${s}.tasks t ON t.n = c.task
  ${bodies ? `LEFT JOIN ${s}.bodies b ON b.received_at = c.received_at AND b.key = c.key` : ''}`;

export async function readCallbacks(names: Names, rows: readonly Row[]): Promise<CallbackRow[]> {
  const known = await names.namesOf(rows.flatMap(({ origin, fate }) => [Number(origin), Number(fate)]));
  return rows.map((row) => readCallback(row, known));
}

function readCallback(row: Row, known: ReadonlyMap<number, string>): CallbackRow {
  const [source = '', account = '', type = ''] = readOrigin(known.get(Number(row['origin'])) ?? '["","",""]');
  const [settings, fate] = JSON.parse(known.get(Number(row['fate'])) ?? '["",{"routes":[],"to":[]}]');
  const about = optionalText(row['about']);
  const deliverAs = optionalText(row['deliver_as']);
  return {
    ...refOf(row),
    id: toText(row['id']),
    source,
    account,
    type,
    time: Number(row['time']),
    ...(about !== undefined && { about }),
    ...(deliverAs !== undefined && { deliverAs }),
    ...(row['body'] instanceof Uint8Array && { body: toText(row['body']) }),
    batch: toText(row['batch']),
    dispatchedAt: Number(row['dispatched_at']),
    settings,
    fate,
    subjects: subjectsOf(row),
  };
}

export const refOf = (row: Row): { receivedAt: number; key: string } => ({
  receivedAt: Number(row['received_at']),
  key: String(row['key']),
});

function subjectsOf(row: Row): CallbackRow['subjects'] {
  const [task, userTask, order, call] = ['task_id', 'user_task', 'order_id', 'call_id'].map((name) => optionalText(row[name]));
  const progress = optionalText(row['progress']);
  const orderFinished = row['order_finished'];
  return {
    ...(task !== undefined && { task }),
    ...(userTask !== undefined && { userTask }),
    ...(order !== undefined && { order }),
    ...(call !== undefined && { call }),
    ...(progress !== undefined && { progress: JSON.parse(progress) }),
    ...(typeof orderFinished === 'boolean' && { orderFinished }),
  };
}

export async function readDeliveries(names: Names, rows: readonly Row[]): Promise<DeliveryRow[]> {
  const outputs = await names.namesOf(rows.map(({ output }) => Number(output)));
  return rows.map((row) => ({
    ...refOf(row),
    output: outputs.get(Number(row['output'])) ?? '',
    state: STATE_RANKS[Number(row['state'])] ?? 'waiting',
    ...(row['changed'] === true && { changed: true }),
    at: Number(row['at']),
    reason: optionalText(row['reason']),
    fault: faultOf(row['fault']),
    nextAt: optionalNumber(row['next_at']),
    ...parkingOf(row),
  }));
}

function parkingOf(row: Row): Pick<DeliveryRow, 'parkedAt' | 'returnedAt'> {
  const parkedAt = optionalNumber(row['parked_at']);
  const returnedAt = optionalNumber(row['returned_at']);
  return { ...(parkedAt !== undefined && { parkedAt }), ...(returnedAt !== undefined && { returnedAt }) };
}

export async function readAttempts(names: Names, rows: readonly Row[]): Promise<AttemptRow[]> {
  const outputs = await names.namesOf(rows.map(({ output }) => Number(output)));
  return rows.map((row) => ({
    ...refOf(row),
    output: outputs.get(Number(row['output'])) ?? '',
    number: Number(row['number']),
    at: Number(row['at']),
    ms: Number(row['ms']),
    outcome: outcomeOf(row['outcome']),
    status: optionalNumber(row['status']),
    reason: optionalText(row['reason']),
    fault: faultOf(row['fault']),
    nextAt: optionalNumber(row['next_at']),
    answer: optionalText(row['answer']),
  }));
}

export const readAction = (row: Row, callbacks: ActionRow['callbacks']): ActionRow => ({
  id: toText(row['id']),
  at: Number(row['at']),
  by: toText(row['by']),
  command: toText(row['command']),
  facts: JSON.parse(String(row['facts'])),
  callbacks,
});

export const { refusal: readRefusal, gap: readGap } = createSmallRowReaders(toText);
