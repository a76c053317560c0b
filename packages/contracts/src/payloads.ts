import { Type, type Static } from 'typebox';
import { Callback } from './callback.ts';

/** Neighbours in a batch, and what they share: mostly that is a third of what a callback takes in Redis beside its body. */
const CallbackGroup = Type.Object({
  ...Type.Pick(Callback, ['source', 'account', 'type']).properties,
  callbacks: Type.Array(Type.Pick(Callback, ['id', 'time', 'receivedAt', 'body', 'about']), { minItems: 1 }),
});
type CallbackGroup = Static<typeof CallbackGroup>;

const groups = Type.Array(CallbackGroup, { minItems: 1 });

/** What the ingress queues: callbacks that travel together. */
export const CallbackBatch = Type.Object({
  v: Type.Literal(1),
  groups,
  /** Released from the quarantine. What no route matches MUST be kept again, whatever room there is. */
  replayed: Type.Optional(Type.Literal(true)),
});
export type CallbackBatch = Static<typeof CallbackBatch>;

/** What the dispatcher queues for one output: the callbacks of one batch that are routed to it. */
export const DeliveryBatch = Type.Object({
  v: Type.Literal(1),
  kind: Type.Literal('batch'),
  batch: Type.String(),
  /** The batch was run before, so that some of these deliveries may have been attempted. */
  again: Type.Optional(Type.Literal(true)),
  groups,
});
export type DeliveryBatch = Static<typeof DeliveryBatch>;

/** Callbacks as a batch holds them, in the same order. */
export function groupCallbacks(callbacks: readonly Callback[]): CallbackGroup[] {
  const grouped: CallbackGroup[] = [];
  for (const { id, source, account, type, time, receivedAt, body, about } of callbacks) {
    const own = about === undefined ? { id, time, receivedAt, body } : { id, time, receivedAt, body, about };
    const last = grouped.at(-1);
    if (last?.source === source && last.account === account && last.type === type) last.callbacks.push(own);
    else grouped.push({ source, account, type, callbacks: [own] });
  }
  return grouped;
}

/** The callbacks of a batch, in their order. */
export function callbacksOf({ groups: grouped }: Pick<CallbackBatch, 'groups'>): Callback[] {
  return grouped.flatMap(({ source, account, type, callbacks }) =>
    callbacks.map(({ id, time, receivedAt, body, about }) =>
      about === undefined
        ? { id, source, account, type, time, receivedAt, body }
        : { id, source, account, type, time, receivedAt, body, about },
    ),
  );
}

/** One delivery on its own: a retry, a rate-limited delivery, or (with `refused`) a dead letter in the making. */
export const SingleDelivery = Type.Object({
  v: Type.Literal(1),
  kind: Type.Literal('single'),
  /** The batch that its callback came in. */
  batch: Type.String(),
  callback: Callback,
  /** Attempts used up before this job existed. */
  priorAttempts: Type.Integer({ minimum: 0 }),
  /** Failed attempts that used up none. Absent, as in what an earlier Ringback queued: 0. */
  uncounted: Type.Optional(Type.Integer({ minimum: 0 })),
  /** When its first attempt failed, ms since the epoch by Redis's clock. */
  failingSince: Type.Optional(Type.Integer({ minimum: 0 })),
  /** Why there will be no further attempt: the job fails at once with this reason. A replay takes it away. */
  refused: Type.Optional(Type.String()),
  /** Of a dead letter: whose doing it is. Absent in what an earlier Ringback made. A replay takes it away. */
  fault: Type.Optional(Type.Enum(['theirs', 'ours'])),
  /** Of a dead letter: what the destination answered at last, the first bytes of it. Holds personal data. A replay takes it away. */
  answer: Type.Optional(Type.String()),
});
export type SingleDelivery = Static<typeof SingleDelivery>;

/** The first attempts of one output's deliveries of a batch, whose bodies stand in Redis once, for all outputs. */
export const DeliveryReference = Type.Object({
  v: Type.Literal(2),
  kind: Type.Literal('reference'),
  /** The id of the bodies. */
  bodies: Type.String(),
  /** Why there will be no attempt: the job fails at once with this reason. A replay takes it away. */
  refused: Type.Optional(Type.String()),
});
export type DeliveryReference = Static<typeof DeliveryReference>;

/** Bodies that stand in Redis once. Its version is that of the shares too. */
export const StoredBodies = Type.Object({ v: Type.Literal(1), batch: Type.String(), groups });
export type StoredBodies = Static<typeof StoredBodies>;

/** What one output needs of stored bodies, as it stands beside them. */
export const StoredShare = Type.Object({
  state: Type.Enum(['queued', 'held', 'dead']),
  /** Deliveries. */
  count: Type.Integer(),
  bytes: Type.Integer(),
  /** Bytes of what was a dead letter at once; then `bytes` is 0. */
  dead: Type.Optional(Type.Integer()),
  /** Places of the callbacks, with commas between them; absent: all. */
  at: Type.Optional(Type.String()),
  again: Type.Optional(Type.Literal(true)),
  /** When the run of the batch began that stored it, ms since the epoch: another worker may have taken the batch over since. */
  since: Type.Optional(Type.Integer()),
  /** The batch, where the bodies' id is another one. */
  batch: Type.Optional(Type.String()),
});

/** Each kind counts its versions. A new kind MUST begin above all of them: older workers leave it for newer ones then. */
export const DeliveryPayload = Type.Union([DeliveryBatch, DeliveryReference, SingleDelivery]);
export type DeliveryPayload = Static<typeof DeliveryPayload>;

/** A callback that is kept for a person to see: correctly signed, but not fit to be taken, or matched by no route. Holds personal data. */
export const QuarantinedCallback = Type.Object({
  v: Type.Literal(1),
  id: Type.String(),
  source: Type.String(),
  account: Type.String(),
  /** Absent where the callback could not be read. */
  type: Type.Optional(Type.String()),
  time: Type.Integer(),
  receivedAt: Type.Integer(),
  /** Method, path, query and headers as they came, less those that are secret. Absent where a worker kept it: it has only the callback. */
  method: Type.Optional(Type.String()),
  path: Type.Optional(Type.String()),
  query: Type.Optional(Type.String()),
  headers: Type.Optional(Type.Record(Type.String(), Type.Array(Type.String()))),
  /** The very bytes: as text where they are UTF-8. */
  body: Type.String(),
  encoding: Type.Enum(['utf8', 'base64']),
  /** As in the callback. */
  about: Type.Optional(Type.String()),
  /** Why it is kept, as an error code. Absent in what an earlier Ringback kept. */
  code: Type.Optional(Type.String()),
  /** It was taken from a queue: its batch, and what that batch has claimed of it in the ledger. A replay MUST give these claims up, or it is a duplicate. */
  claimed: Type.Optional(Type.Object({ batch: Type.String(), keys: Type.Array(Type.String()) })),
  /** The same in words; begins with the code. MUST hold no personal data. */
  reason: Type.String(),
});
export type QuarantinedCallback = Static<typeof QuarantinedCallback>;
