import { type Callback, callbackKey } from '@ringback/contracts';
import { BENCH_ACCOUNT } from '../account.ts';
import { bodyOf, type Subject, type Task } from './bodies.ts';

export type HistorySize = {
  readonly callbacks: number;
  /** Even. Number of the first: histories in one store MUST NOT share numbers. */
  readonly first: number;
  /** ms since the epoch. Exclusive. */
  readonly until: number;
  /** Over which they came, evenly, ms. */
  readonly span: number;
};

export type Generated = { readonly index: number; readonly key: string; readonly subject: Subject; readonly callback: Callback };

const BIG_TASKS = 3;
const SMALL_TASK_ORDERS = 500;
const REPORTS_EVERY = 1000;
/** Of five pairs, so many are of big tasks. */
const [BIG, OF] = [3, 5] as const;

/** In order of time: a call, then its order. Three tasks have six of ten; each thousandth is a task's report. */
export function callbackAt(place: number, { callbacks, first, until, span }: HistorySize): Generated {
  const index = first + place;
  const subject = subjectAt(index, { place, callbacks });
  const receivedAt = Math.floor(until - span + (place * span) / callbacks);
  const callback: Callback = {
    id: requestID(index),
    source: 'callbot',
    account: BENCH_ACCOUNT.uuid,
    type: typeOf(subject),
    time: receivedAt - 40,
    receivedAt,
    body: bodyOf(subject),
  };
  return { index, key: callbackKey(callback), subject, callback };
}

/** 32 digits, as the provider's. */
export const requestID = (index: number) => String(index).padStart(32, '9');

/** So many orders each of the big tasks has. */
const bigOrders = (callbacks: number) => Math.ceil((callbacks / 2) * (BIG / OF) * (1 / BIG_TASKS));

function subjectAt(index: number, { place, callbacks }: { place: number; callbacks: number }): Subject {
  if (place % REPORTS_EVERY === REPORTS_EVERY - 1) return report(Math.floor(place / REPORTS_EVERY), callbacks);
  const order = Math.floor(index / 2);
  return { kind: index % 2 === 0 ? 'call' : 'order', task: taskAt(order, callbacks), order };
}

/** The last one of each task says that it is completed. */
function report(number: number, callbacks: number): Subject {
  const orders = bigOrders(callbacks);
  const reports = Math.max(1, Math.floor(callbacks / REPORTS_EVERY / BIG_TASKS));
  const finished = Math.min(orders, Math.ceil((orders * (1 + Math.floor(number / BIG_TASKS))) / reports));
  return { kind: 'task', task: { number: number % BIG_TASKS, orders }, finished };
}

function taskAt(order: number, callbacks: number): Task {
  const place = order % OF;
  if (place < BIG) return { number: place % BIG_TASKS, orders: bigOrders(callbacks) };
  const small = Math.floor((order * (OF - BIG)) / OF / SMALL_TASK_ORDERS);
  return { number: BIG_TASKS + small, orders: SMALL_TASK_ORDERS };
}

function typeOf(subject: Subject): string {
  if (subject.kind !== 'task') return `callbot.${subject.kind}`;
  return subject.finished < subject.task.orders ? 'callbot.task.in_progress' : 'callbot.task.completed';
}
