import { Type, type Static } from 'typebox';
import { Callback } from './callback.ts';

/** What the ingress queues: callbacks that travel together. */
export const CallbackBatch = Type.Object({
  v: Type.Literal(1),
  callbacks: Type.Array(Callback, { minItems: 1 }),
});
export type CallbackBatch = Static<typeof CallbackBatch>;

/** What the dispatcher queues for one output: the callbacks of one batch that are routed to it. */
export const DeliveryBatch = Type.Object({
  v: Type.Literal(1),
  kind: Type.Literal('batch'),
  callbacks: Type.Array(Callback, { minItems: 1 }),
});
export type DeliveryBatch = Static<typeof DeliveryBatch>;

/** One delivery on its own: a retry, a rate-limited delivery, or (with `refused`) a dead letter in the making. */
export const SingleDelivery = Type.Object({
  v: Type.Literal(1),
  kind: Type.Literal('single'),
  callback: Callback,
  /** Attempts made before this job existed. */
  priorAttempts: Type.Integer({ minimum: 0 }),
  /** Why there will be no further attempt: the job fails at once with this reason. */
  refused: Type.Optional(Type.String()),
});
export type SingleDelivery = Static<typeof SingleDelivery>;

export const DeliveryPayload = Type.Union([DeliveryBatch, SingleDelivery]);
export type DeliveryPayload = Static<typeof DeliveryPayload>;
