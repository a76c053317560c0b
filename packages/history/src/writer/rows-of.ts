import { type Callback, callbackKey, callbacksOf, type Subjects } from '@ringback/contracts';
import type { HistoryEvent } from '../events.ts';
import { newerOf } from '../store/newest-state.ts';
import type { ActionRow, AttemptRow, CallbackRow, DeliveryRow, HistoryRows, RefusalRow, RepeatRow } from '../store/rows.ts';

export type SubjectsOf = (callback: Callback) => Subjects;

type Of<K extends HistoryEvent['kind']> = Extract<HistoryEvent, { kind: K }>;

/** A batch that runs again may come after attempts of its first run. */
const BEFORE_ANY_ATTEMPT_MS = 3_600_000;

type Rows = {
  readonly callbacks: Map<string, CallbackRow>;
  readonly repeats: RepeatRow[];
  readonly deliveries: Map<string, DeliveryRow>;
  readonly attempts: AttemptRow[];
  readonly refusals: RefusalRow[];
  readonly actions: ActionRow[];
};

/** What a store writes for these events. Each callback and each delivery comes once. */
export function rowsOf(events: readonly HistoryEvent[], subjectsOf: SubjectsOf): HistoryRows {
  const rows: Rows = { callbacks: new Map(), repeats: [], deliveries: new Map(), attempts: [], refusals: [], actions: [] };
  for (const event of events) add(rows, event, subjectsOf);
  return { ...rows, callbacks: [...rows.callbacks.values()], deliveries: [...rows.deliveries.values()], gaps: [] };
}

function add(rows: Rows, event: HistoryEvent, subjectsOf: SubjectsOf): void {
  switch (event.kind) {
    case 'dispatched':
      return addDispatched(rows, event, subjectsOf);
    case 'repeated':
      for (const { key, receivedAt, as } of event.repeats) rows.repeats.push({ key, receivedAt, as });
      return;
    case 'attempted':
      return addAttempts(rows, event);
    case 'changed':
      return addChanges(rows, event);
    case 'refused':
      for (const count of event.counts) rows.refusals.push({ process: event.process, minute: event.minute, ...count });
      return;
    case 'acted':
      return addAction(rows, event);
    default:
      event satisfies never;
  }
}

function addDispatched(rows: Rows, event: Of<'dispatched'>, subjectsOf: SubjectsOf): void {
  const { batch, at, settings, fates, fateOf, again } = event;
  for (const [index, callback] of callbacksOf(event).entries()) {
    const fate = fates[fateOf[index] ?? 0];
    if (fate === undefined) continue;
    const key = callbackKey(callback);
    const { receivedAt } = callback;
    const row = { ...callback, key, batch, dispatchedAt: at, settings, fate, subjects: subjectsOf(callback) };
    rows.callbacks.set(`${receivedAt} ${key}`, row);
    // MUST be before any attempt: clocks of ingresses differ from Redis's, and the newest state wins.
    const since = Math.min(at, receivedAt) - (again === true ? BEFORE_ANY_ATTEMPT_MS : 0);
    for (const output of fate.to) setState(rows, { key, receivedAt, output, state: 'waiting', at: since });
  }
}

const STATES = { delivered: 'delivered', dead: 'dead', retry: 'waiting' } as const;

function addAttempts(rows: Rows, { output, attempts }: Of<'attempted'>): void {
  for (const { batch: _, ...attempt } of attempts) {
    rows.attempts.push({ ...attempt, output });
    const { key, receivedAt, at, ms, outcome, reason, fault, nextAt } = attempt;
    const state = STATES[outcome];
    const why = outcome === 'delivered' ? {} : { reason, fault, nextAt };
    setState(rows, { key, receivedAt, output, state, at: at + ms, ...why });
  }
}

function addChanges(rows: Rows, { output, at, state, reason, fault, returned, deliveries }: Of<'changed'>): void {
  const parking = { ...(state === 'parked' && { parkedAt: at }), ...(returned && { returnedAt: at }) };
  for (const { key, receivedAt } of deliveries)
    setState(rows, { key, receivedAt, output, state, at, reason, fault, changed: true, ...parking });
}

function addAction({ actions }: Rows, { id, at, by, command, facts, callbacks = [] }: Of<'acted'>): void {
  actions.push({ id, at, by, command, facts, callbacks });
}

function setState({ deliveries }: Rows, row: DeliveryRow): void {
  const id = `${row.receivedAt} ${row.key} ${row.output}`;
  const other = deliveries.get(id);
  deliveries.set(id, other === undefined ? row : newerOf(row, other));
}
