import { type Static, Type } from 'typebox';

const Time = Type.Number();

/** The reason of `notReady` while a process ends as it should. */
export const STOPPING = 'the process is stopping';

/** What a process says of an output, by its own attempts. */
const OutputState = Type.Object({
  breaker: Type.Enum(['closed', 'open', 'probing']),
  /** Since when the breaker has been closed. If it is open or probing: since when it has not been closed. */
  since: Type.Optional(Time),
  lastDelivered: Type.Optional(Time),
  lastFailed: Type.Optional(Type.Object({ at: Time, reason: Type.String() })),
});

/** ms. Acks that take longer miss the objective of docs/slo.md. rules.yaml has the same number. */
export const SLOW_ACK_MS = 100;

/** What is counted. `ourFault`: refused with nothing wrong. `slow`: acks longer than `SLOW_ACK_MS`. */
const COUNTED = ['acked', 'refused', 'ourFault', 'slow', 'dispatched', 'delivered', 'retried', 'dead'] as const;
export type Counted = (typeof COUNTED)[number];

/** An ingress and a worker count different ones, and an older version not all of them. */
const Counts = Type.Partial(Type.Record(Type.Enum([...COUNTED]), Type.Number()));

/**
 * What only the process itself knows, told with each beat. It holds no secret and no personal data. An older version
 * has none of it. Times are ms since the epoch by Redis's clock, those of `settings` by the process's own.
 */
export const ProcessState = Type.Object({
  /** The settings that it runs with, and why the last reload was refused. */
  settings: Type.Optional(
    Type.Object({
      path: Type.String(),
      /** The same for processes of one app with the same settings. */
      digest: Type.Optional(Type.String()),
      loadedAt: Time,
      problem: Type.Optional(Type.Object({ at: Time, code: Type.String(), text: Type.String() })),
    }),
  ),
  /** As `/readyz` has them: `<code>: <reason>`. Empty: ready. */
  notReady: Type.Array(Type.String()),
  /** Since it started. */
  totals: Counts,
  /** The same a second, of the last ten seconds. */
  rates: Counts,
  outputs: Type.Optional(Type.Record(Type.String(), OutputState)),
  /** Callbacks that an ingress keeps on disk. */
  spooled: Type.Optional(Type.Number()),
});
export type ProcessState = Static<typeof ProcessState>;
