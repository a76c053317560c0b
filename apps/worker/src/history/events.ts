import { type Callback, callbackKey, type Fault, groupCallbacks } from '@ringback/contracts';
import type { Fate, HandOver, HistoryEvent } from '@ringback/history';
import type { Attempt, Attempted } from '../output/attempt.ts';

type Event<K extends HistoryEvent['kind']> = Extract<HistoryEvent, { kind: K }>;
export type AttemptEvent = Event<'attempted'>['attempts'][number];

/** A batch after dedupe and routing. */
type DispatchedBatch = {
  readonly batch: string;
  readonly again: boolean;
  readonly at: number;
  readonly fresh: readonly Callback[];
  /** Of each of `fresh`. */
  readonly fates: readonly Fate[];
  readonly businessDuplicates: readonly Callback[];
  readonly duplicates: readonly Callback[];
  readonly conflicts: readonly Callback[];
};

/** Deliveries whose state changed by a rule. */
export type DeliveriesChanged = {
  readonly output: string;
  readonly batch: string;
  readonly state: 'dead' | 'dropped';
  readonly reason: string;
  readonly fault?: Fault;
  readonly callbacks: readonly Named[];
};

type Named = Pick<Callback, 'id' | 'source' | 'account' | 'receivedAt'>;

/** What a worker hands over to the history. Nothing here rejects. */
export type HistoryEvents = {
  dispatched(batch: DispatchedBatch): Promise<unknown>;
  changed(change: DeliveriesChanged): Promise<void>;
  attemptOf(attempt: Pick<Attempt, 'callback' | 'key'> & { readonly batch: string }, made: Attempted): AttemptEvent;
  attempted(output: string, attempts: AttemptEvent[]): Promise<void>;
};

export type HistoryEventsOptions = {
  readonly handOver: HandOver;
  /** Digest of the routes. */
  readonly settings: string;
  /** Bytes of a destination's answer that are kept. */
  readonly answers: number;
  readonly now: () => number;
};

const BUSINESS_DUPLICATE: Fate = { routes: [], to: [], businessDuplicate: true };

export function createHistoryEvents({ handOver, settings, answers, now }: HistoryEventsOptions): HistoryEvents {
  return {
    dispatched: (batch) => Promise.all(eventsOf(batch, settings).map(handOver)),
    changed: ({ batch, callbacks, ...change }) =>
      handOver({
        v: 1,
        kind: 'changed',
        ...change,
        at: now(),
        deliveries: callbacks.map((callback) => ({ ...refOf(callback), batch })),
      }),
    attemptOf: ({ callback, key, batch }, made) => ({
      key,
      receivedAt: callback.receivedAt,
      batch,
      number: made.number,
      at: Math.round(made.at),
      ms: made.ms,
      outcome: made.settlement.outcome,
      ...resultOf(made, answers),
    }),
    attempted: (output, attempts) => handOver({ v: 1, kind: 'attempted', output, attempts }),
  };
}

const refOf = (callback: Named) => ({ key: callbackKey(callback), receivedAt: callback.receivedAt });

function eventsOf(batch: DispatchedBatch, settings: string): HistoryEvent[] {
  const { batch: id, again, at, fresh, businessDuplicates, duplicates, conflicts } = batch;
  const events: HistoryEvent[] = [];
  const callbacks = businessDuplicates.length === 0 ? fresh : [...fresh, ...businessDuplicates];
  if (callbacks.length > 0) {
    const { fates, fateOf } = shared([...batch.fates, ...businessDuplicates.map(() => BUSINESS_DUPLICATE)]);
    const groups = groupCallbacks(callbacks.map(withoutTrace));
    events.push({ v: 1, kind: 'dispatched', batch: id, at, ...(again && { again }), settings, groups, fates, fateOf });
  }
  if (duplicates.length + conflicts.length > 0) {
    const as = (what: 'duplicate' | 'conflict') => (callback: Callback) => ({ ...refOf(callback), as: what });
    const repeats = [...duplicates.map(as('duplicate')), ...conflicts.map(as('conflict'))];
    events.push({ v: 1, kind: 'repeated', batch: id, at, repeats });
  }
  return events;
}

/** A trace ends long before a row of the history does. */
function withoutTrace(callback: Callback): Callback {
  if (callback.traceparent === undefined) return callback;
  const { traceparent: _parent, tracestate: _state, ...kept } = callback;
  return kept;
}

/** Each fate once. Those of `routeAll` are the same object where they are the same. */
function shared(all: readonly Fate[]): { fates: Fate[]; fateOf: number[] } {
  const places = new Map<Fate, number>();
  const fateOf = all.map((fate) => {
    const place = places.get(fate) ?? places.size;
    places.set(fate, place);
    return place;
  });
  return { fates: [...places.keys()], fateOf };
}

/** A delivered one needs no words. */
function resultOf({ result, settlement, settledAt }: Attempted, answers: number): Partial<AttemptEvent> {
  const status = result.status === undefined ? {} : { status: result.status };
  if (settlement.outcome === 'delivered') return status;
  const { reason, fault } = settlement;
  const answer = 'answer' in result && result.answer !== undefined && answers > 0 ? { answer: cut(result.answer, answers) } : {};
  const nextAt = settlement.outcome === 'retry' ? { nextAt: Math.round(settledAt + settlement.waitMs) } : {};
  return { ...status, reason, fault, ...nextAt, ...answer };
}

/** To so many bytes of UTF-8, without half a character. */
function cut(text: string, bytes: number): string {
  return new TextDecoder().decode(Buffer.from(text).subarray(0, bytes), { stream: true });
}
