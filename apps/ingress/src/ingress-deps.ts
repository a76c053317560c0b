import type { Logger, Source } from '@ringback/contracts';
import type { CallbackProducer, QuarantineProducer } from '@ringback/queue';

/** What the ingress works with; composed in `main.ts`. */
export type IngressDeps = {
  readonly sources: readonly Source[];
  readonly producer: Pick<CallbackProducer, 'enqueue'>;
  readonly quarantine: Pick<QuarantineProducer, 'keep'>;
  /** ms since the epoch. */
  readonly now: () => number;
  readonly logger: Logger;
  /** Aborted when the process is to stop: from then on no connection is kept open for a further request. */
  readonly stopping: AbortSignal;
  /** Bytes of one body. */
  readonly bodyLimit: number;
};
