import { Type, type Static } from 'typebox';
import { Callback } from './callback.ts';

/**
 * Callbacks of a batch that share source, account and type. Storing these once saves a third of the overhead.
 */
const CallbackGroup = Type.Object({
  ...Type.Pick(Callback, ['source', 'account', 'type']).properties,
  callbacks: Type.Array(Type.Omit(Callback, ['source', 'account', 'type']), { minItems: 1 }),
});
type CallbackGroup = Static<typeof CallbackGroup>;

const groups = Type.Array(CallbackGroup, { minItems: 1 });

/** What the ingress queues. */
export const CallbackBatch = Type.Object({
  v: Type.Literal(1),
  groups,
  /** Released from quarantine. If no route matches, it MUST be kept again even without room. */
  replayed: Type.Optional(Type.Literal(true)),
});
export type CallbackBatch = Static<typeof CallbackBatch>;

/** The callbacks of one batch that are routed to one output. */
export const DeliveryBatch = Type.Object({
  v: Type.Literal(1),
  kind: Type.Literal('batch'),
  batch: Type.String(),
  /** The batch was run before: some of these deliveries may have been attempted. */
  again: Type.Optional(Type.Literal(true)),
  groups,
});
export type DeliveryBatch = Static<typeof DeliveryBatch>;

export function groupCallbacks(callbacks: readonly Callback[]): CallbackGroup[] {
  const grouped: CallbackGroup[] = [];
  for (const callback of callbacks) {
    const { id, source, account, type, time, receivedAt, body } = callback;
    const own = withOptional({ id, time, receivedAt, body }, callback);
    const last = grouped.at(-1);
    if (last?.source === source && last.account === account && last.type === type) last.callbacks.push(own);
    else grouped.push({ source, account, type, callbacks: [own] });
  }
  return grouped;
}

export function callbacksOf({ groups: grouped }: Pick<CallbackBatch, 'groups'>): Callback[] {
  return grouped.flatMap(({ source, account, type, callbacks }) =>
    callbacks.map((own) => {
      const { id, time, receivedAt, body } = own;
      return withOptional({ id, source, account, type, time, receivedAt, body }, own);
    }),
  );
}

type Optional = Pick<Callback, 'about' | 'deliverAs' | 'traceparent' | 'tracestate'>;

/** Without them, as almost always, it costs nothing. An older worker leaves out a trace, which is no harm. */
function withOptional<T extends object>(own: T, { about, deliverAs, traceparent, tracestate }: Optional) {
  if (about === undefined && deliverAs === undefined && traceparent === undefined) return own;
  return {
    ...own,
    ...(about !== undefined && { about }),
    ...(deliverAs !== undefined && { deliverAs }),
    ...(traceparent !== undefined && { traceparent }),
    ...(tracestate !== undefined && { tracestate }),
  };
}

/**
 * The version of a payload that can hold these. A callback's `deliverAs` came with 2: an older worker, which would
 * deliver it under the old id, leaves that alone.
 */
export function versionFor(callbacks: readonly Pick<Callback, 'deliverAs'>[]): 1 | 2 {
  return callbacks.some(({ deliverAs }) => deliverAs !== undefined) ? 2 : 1;
}

const Fault = Type.Enum(['theirs', 'ours']);

/** A retry, a rate-limited delivery, or (with `refused`) a delivery that becomes a dead letter. */
const Single = Type.Object({
  kind: Type.Literal('single'),
  batch: Type.String(),
  callback: Callback,
  /** Attempts used up before this job existed. */
  priorAttempts: Type.Integer({ minimum: 0 }),
  /** Failed attempts that did not count. Absent in older payloads: 0. */
  uncounted: Type.Optional(Type.Integer({ minimum: 0 })),
  /** First failed attempt, ms since the epoch by Redis's clock. */
  failingSince: Type.Optional(Type.Integer({ minimum: 0 })),
  /** The job fails at once with this reason. A replay removes it. */
  refused: Type.Optional(Type.String()),
  /** Of the last failure. Absent before the first, and if an earlier version wrote it. */
  fault: Type.Optional(Fault),
  /** The start of the destination's last answer. Holds personal data. A replay removes it. */
  answer: Type.Optional(Type.String()),
});
const singleOf = <V extends 1 | 2>(v: V) => Type.Object({ v: Type.Literal(v), ...Single.properties });
export const SingleDelivery = Type.Union([singleOf(1), singleOf(2)]);
export type SingleDelivery = Static<typeof SingleDelivery>;

/** First attempts of one output. The bodies are in Redis once for all outputs. */
export const DeliveryReference = Type.Object({
  v: Type.Literal(2),
  kind: Type.Literal('reference'),
  bodies: Type.String(),
  /** The job fails at once with this reason. A replay removes it. */
  refused: Type.Optional(Type.String()),
  /** Of a refused one: whose fault it is. Absent in what an earlier Ringback queued. */
  fault: Type.Optional(Fault),
});
export type DeliveryReference = Static<typeof DeliveryReference>;

const storedOf = <V extends 1 | 2>(v: V) => Type.Object({ v: Type.Literal(v), batch: Type.String(), groups });
/** Bodies stored once. The version covers the shares too. */
export const StoredBodies = Type.Union([storedOf(1), storedOf(2)]);
export type StoredBodies = Static<typeof StoredBodies>;

/** One output's part of stored bodies. */
export const StoredShare = Type.Object({
  state: Type.Enum(['queued', 'held', 'dead']),
  /** Deliveries. */
  count: Type.Integer(),
  bytes: Type.Integer(),
  /** Bytes of the part that became a dead letter at once; `bytes` is 0 then. */
  dead: Type.Optional(Type.Integer()),
  /** Positions of the callbacks, comma-separated. Absent: all. */
  at: Type.Optional(Type.String()),
  again: Type.Optional(Type.Literal(true)),
  /** When this run of the batch began, ms since the epoch. Another worker may have run it since. */
  since: Type.Optional(Type.Integer()),
  /** Absent: the same as the bodies' id. */
  batch: Type.Optional(Type.String()),
});

/** A new kind MUST start above all versions in use, so that older workers leave it alone. */
export const DeliveryPayload = Type.Union([DeliveryBatch, DeliveryReference, SingleDelivery]);
export type DeliveryPayload = Static<typeof DeliveryPayload>;

/** Signed correctly, but unreadable, in conflict or unrouted. Kept for a person. Holds personal data. */
export const QuarantinedCallback = Type.Object({
  v: Type.Literal(1),
  id: Type.String(),
  source: Type.String(),
  account: Type.String(),
  /** Absent if it could not be read. */
  type: Type.Optional(Type.String()),
  time: Type.Integer(),
  receivedAt: Type.Integer(),
  /** As received, without secrets. Absent if a worker kept it: it has only the callback. */
  method: Type.Optional(Type.String()),
  path: Type.Optional(Type.String()),
  query: Type.Optional(Type.String()),
  headers: Type.Optional(Type.Record(Type.String(), Type.Array(Type.String()))),
  /** The raw bytes, as text if they are UTF-8. */
  body: Type.String(),
  encoding: Type.Enum(['utf8', 'base64']),
  about: Type.Optional(Type.String()),
  /** Error code. Absent in older entries. */
  code: Type.Optional(Type.String()),
  /** The batch and its claims in the ledger. A replay MUST release them, or the callback is a duplicate. */
  claimed: Type.Optional(Type.Object({ batch: Type.String(), keys: Type.Array(Type.String()) })),
  /** Begins with the code. MUST hold no personal data. */
  reason: Type.String(),
});
export type QuarantinedCallback = Static<typeof QuarantinedCallback>;
