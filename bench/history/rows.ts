import type { Subjects } from '@ringback/contracts';
import { type AttemptRow, type CallbackRow, type DeliveryRow, type HistoryRows, NO_ROWS } from '@ringback/history';
import { callID, orderID, type Subject, taskID, userTaskID } from './bodies.ts';
import { callbackAt, type Generated, type HistorySize } from './callbacks.ts';

/** Of one process of the ingress, under load. */
const BATCH = 64;
const OUTPUT = 'crm';

export type PortionOptions = HistorySize & {
  /** Callbacks of a portion. */
  readonly portion: number;
  /** Some deliveries are dead, parked, retried or dropped, and some callbacks have no route. Else all are delivered at once. */
  readonly mixed: boolean;
};

/** A whole history, in portions that a store writes at once. */
export function* rowsInPortions({ portion, mixed, ...size }: PortionOptions): Generator<HistoryRows> {
  for (let done = 0; done < size.callbacks; done += portion) {
    const count = Math.min(portion, size.callbacks - done);
    const all = Array.from({ length: count }, (_, place) => callbackAt(done + place, size));
    const fates = all.map(({ index }) => (mixed ? fateAt(index) : 'delivered'));
    yield {
      ...NO_ROWS,
      callbacks: all.map((one, place) => callbackRow(one, fates[place] === 'unrouted')),
      deliveries: all.flatMap((one, place) => deliveryRows(one, fates[place] ?? 'delivered')),
      attempts: all.flatMap((one, place) => attemptRows(one, fates[place] ?? 'delivered')),
    };
  }
}

type Fate = 'delivered' | 'retried' | 'dead' | 'parked' | 'waiting' | 'dropped' | 'unrouted';

/** Every how many callbacks; the first that divides decides. */
const RARE: readonly (readonly [number, Fate])[] = [
  [5003, 'unrouted'],
  [2003, 'dropped'],
  [1009, 'waiting'],
  [499, 'parked'],
  [199, 'dead'],
  [47, 'retried'],
];

const fateAt = (index: number): Fate => RARE.find(([every]) => index % every === every - 1)?.[1] ?? 'delivered';

function callbackRow({ index, key, subject, callback }: Generated, unrouted: boolean): CallbackRow {
  const routed = { routes: [1], to: [OUTPUT] };
  const nowhere = { routes: [], to: [], unrouted: { code: 'RB_NO_ROUTE', reason: 'no route matches' } };
  return {
    ...callback,
    key,
    batch: `b${Math.floor(index / BATCH)}`.padStart(22, '0'),
    dispatchedAt: callback.receivedAt + 3,
    settings: 'oT3mU8wq1A',
    fate: unrouted ? nowhere : routed,
    subjects: subjectsOf(subject),
  };
}

function subjectsOf(subject: Subject): Subjects {
  const ids = { task: taskID(subject.task), userTask: userTaskID(subject.task) };
  if (subject.kind !== 'task')
    return { ...ids, order: orderID(subject.order), call: callID(subject.order), orderFinished: subject.kind === 'order' };
  const { finished, task } = subject;
  const state = finished < task.orders ? 'in_progress' : 'completed';
  return { ...ids, progress: { state, orders: task.orders, ordersFinished: finished, calls: finished } };
}

function deliveryRows({ key, callback: { receivedAt } }: Generated, fate: Fate): DeliveryRow[] {
  if (fate === 'unrouted') return [];
  const row = { key, receivedAt, output: OUTPUT, at: receivedAt + 30 };
  if (fate === 'dead') return [{ ...row, state: 'dead', reason: 'HTTP 503', fault: 'theirs' }];
  return [{ ...row, state: fate === 'retried' ? 'delivered' : fate }];
}

function attemptRows({ key, callback: { receivedAt } }: Generated, fate: Fate): AttemptRow[] {
  const row = { key, receivedAt, output: OUTPUT, at: receivedAt + 12, ms: 18 };
  const failed = { ...row, outcome: 'retry', status: 503, reason: 'HTTP 503', fault: 'theirs' } as const;
  const delivered = { ...row, outcome: 'delivered', status: 200 } as const;
  if (fate === 'delivered') return [{ ...delivered, number: 1 }];
  if (fate === 'retried')
    return [
      { ...failed, number: 1 },
      { ...delivered, number: 2 },
    ];
  if (fate !== 'dead') return [];
  return [
    { ...failed, number: 1 },
    { ...failed, outcome: 'dead', number: 2 },
  ];
}
