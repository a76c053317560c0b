import type { AddressList, Logger, Source } from '@ringback/contracts';
import type { Repeats } from '@ringback/observability';
import type { CallbackProducer, QuarantineProducer } from '@ringback/queue';
import type { Connections } from './connections.ts';
import type { InFlight } from './in-flight.ts';
import type { Received } from './metrics.ts';
import type { Refusal } from './refusal-counts.ts';
import type { RequestTraces } from './request-traces.ts';
import type { RefusalStreaks } from './refusal-streaks.ts';

export type IngressDeps = {
  readonly sources: readonly Source[];
  /** By source name. Absent: from anywhere. */
  readonly allowFrom?: ReadonlyMap<string, AddressList>;
  /** Proxies whose X-Forwarded-For is trusted. */
  readonly trustProxy?: AddressList;
  readonly producer: Pick<CallbackProducer, 'enqueue'>;
  readonly quarantine: Pick<QuarantineProducer, 'keep'>;
  /** ms since the epoch. */
  readonly now: () => number;
  readonly logger: Logger;
  /** Counts refusals for the history. Absent: there is none. */
  readonly refused?: ((refusal: Refusal) => void) | undefined;
  /** Counts every request for the metrics. */
  readonly count?: ((received: Received) => void) | undefined;
  /** Absent: nothing is traced. */
  readonly traces?: RequestTraces | undefined;
  /** At shutdown: no connection is kept alive. */
  readonly stopping: AbortSignal;
  readonly limits: Limits;
};

export type AppDeps = IngressDeps & {
  readonly connections: Connections;
  readonly inFlight: InFlight;
  readonly streaks: RefusalStreaks;
  readonly repeats: Repeats;
};

/** Sizes in bytes, times in ms. */
type Limits = {
  readonly bodyLimit: number;
  readonly headerLimit: number;
  readonly maxInFlight: number;
  /** All bodies together. */
  readonly maxBytesInFlight: number;
  readonly maxConnections: number;
  /** Until the headers are complete. */
  readonly headersTimeout: number;
  /** Until the request is complete. */
  readonly requestTimeout: number;
  /** Between two requests on a connection. */
  readonly keepAliveTimeout: number;
};
