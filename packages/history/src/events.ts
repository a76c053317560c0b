import { CallbackBatch } from '@ringback/contracts';
import { type Static, Type } from 'typebox';

const time = Type.Integer({ description: 'ms since the epoch' });

/** Names a callback. A duplicate of it has the same key and another `receivedAt`. */
const CallbackRef = Type.Object({ key: Type.String(), receivedAt: time });
export type CallbackRef = Static<typeof CallbackRef>;

/** Where the routes sent a callback. Callbacks of a batch mostly share one. */
const Fate = Type.Object({
  /** Numbers of the routes that matched, from 1, as in `explainRoutes`. */
  routes: Type.Array(Type.Integer()),
  to: Type.Array(Type.String()),
  dropped: Type.Optional(Type.String()),
  unrouted: Type.Optional(Type.Object({ code: Type.String(), reason: Type.String() })),
  /** The same thing came under another requestID: nothing is delivered. */
  businessDuplicate: Type.Optional(Type.Literal(true)),
});
export type Fate = Static<typeof Fate>;

/** A batch after dedupe and routing. Also of a batch that ran before. */
const Dispatched = Type.Object({
  v: Type.Literal(1),
  kind: Type.Literal('dispatched'),
  batch: Type.String(),
  at: time,
  /** The batch was run before: some of its deliveries may have been attempted earlier than `at`. */
  again: Type.Optional(Type.Literal(true)),
  /** Digest of the routes in the settings, to tell whether today's are the same. */
  settings: Type.String(),
  groups: CallbackBatch.properties.groups,
  fates: Type.Array(Fate, { minItems: 1 }),
  /** For each callback of `groups` in order: its place in `fates`. */
  fateOf: Type.Array(Type.Integer({ minimum: 0 })),
});

/** Callbacks that came again. They have no bodies here. */
const Repeated = Type.Object({
  v: Type.Literal(1),
  kind: Type.Literal('repeated'),
  batch: Type.String(),
  at: time,
  repeats: Type.Array(Type.Object({ ...CallbackRef.properties, as: Type.Enum(['duplicate', 'conflict']) })),
});

const fault = Type.Enum(['theirs', 'ours']);

const Attempted = Type.Object({
  v: Type.Literal(1),
  kind: Type.Literal('attempted'),
  output: Type.String(),
  attempts: Type.Array(
    Type.Object({
      ...CallbackRef.properties,
      batch: Type.String(),
      /** From 1, over all jobs of the delivery. A replay begins anew. */
      number: Type.Integer({ minimum: 1 }),
      /** When it began, by Redis's clock. */
      at: time,
      ms: Type.Integer({ minimum: 0 }),
      outcome: Type.Enum(['delivered', 'retry', 'dead']),
      status: Type.Optional(Type.Integer()),
      reason: Type.Optional(Type.String()),
      fault: Type.Optional(fault),
      nextAt: Type.Optional(time),
      /** The start of the destination's answer, if the settings keep it. Personal data. */
      answer: Type.Optional(Type.String()),
    }),
  ),
});

/** `moved`: another output has the delivery since, and this one makes it no more. */
export const DELIVERY_STATES = ['waiting', 'delivered', 'dead', 'parked', 'dropped', 'purged', 'moved'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** Deliveries whose state changed without an attempt: parked, dropped by a rule, replayed, moved, purged. */
const Changed = Type.Object({
  v: Type.Literal(1),
  kind: Type.Literal('changed'),
  output: Type.String(),
  at: time,
  state: Type.Enum([...DELIVERY_STATES]),
  reason: Type.Optional(Type.String()),
  fault: Type.Optional(fault),
  /** They were parked until now. */
  returned: Type.Optional(Type.Literal(true)),
  /** `batch` is not known of what a person changes. */
  deliveries: Type.Array(Type.Object({ ...CallbackRef.properties, batch: Type.Optional(Type.String()) })),
});

/** Refused requests of one process in one minute. Bodies are not kept. */
const Refused = Type.Object({
  v: Type.Literal(1),
  kind: Type.Literal('refused'),
  process: Type.String(),
  /** Its beginning. */
  minute: time,
  counts: Type.Array(Type.Object({ source: Type.Optional(Type.String()), code: Type.String(), count: Type.Integer() })),
});

/** What a person did by command. */
const Acted = Type.Object({
  v: Type.Literal(1),
  kind: Type.Literal('acted'),
  id: Type.String(),
  at: time,
  /** `user@host` */
  by: Type.String(),
  /** `replay`, `dead-letters purge`, `outputs pause`, … */
  command: Type.String(),
  facts: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()])),
  callbacks: Type.Optional(Type.Array(CallbackRef)),
});

/** What workers, ingresses and commands hand over to the history. `v` grows when an older writer could not read it. */
export const HistoryEvent = Type.Union([Dispatched, Repeated, Attempted, Changed, Refused, Acted]);
export type HistoryEvent = Static<typeof HistoryEvent>;
