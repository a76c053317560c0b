import type { AddressList, Logger, Source } from '@ringback/contracts';
import type { CallbackProducer, QuarantineProducer } from '@ringback/queue';
import type { Connections } from './connections.ts';
import type { InFlight } from './in-flight.ts';

/** What the ingress works with; composed in `main.ts`. */
export type IngressDeps = {
  readonly sources: readonly Source[];
  /** Where callbacks of a source may come from, by the source's name. One that is not in it: from anywhere. */
  readonly allowFrom?: ReadonlyMap<string, AddressList>;
  /** Proxies whose X-Forwarded-For is believed. Absent: none. */
  readonly trustProxy?: AddressList;
  readonly producer: Pick<CallbackProducer, 'enqueue'>;
  readonly quarantine: Pick<QuarantineProducer, 'keep'>;
  /** ms since the epoch. */
  readonly now: () => number;
  readonly logger: Logger;
  /** Aborted when the process is to stop: from then on no connection is kept open for a further request. */
  readonly stopping: AbortSignal;
  readonly limits: Limits;
};

/** The same with what belongs to one app. */
export type AppDeps = IngressDeps & { readonly connections: Connections; readonly inFlight: InFlight };

/** What the ingress takes; sizes in bytes, times in ms. */
type Limits = {
  readonly bodyLimit: number;
  /** A request's line and headers. */
  readonly headerLimit: number;
  /** Requests under way at once. */
  readonly maxInFlight: number;
  /** What their bodies may take, all together. */
  readonly maxBytesInFlight: number;
  readonly maxConnections: number;
  /** Until a request's headers are there. */
  readonly headersTimeout: number;
  /** Until all of a request is there. */
  readonly requestTimeout: number;
  /** Between two requests of a connection. */
  readonly keepAliveTimeout: number;
};
