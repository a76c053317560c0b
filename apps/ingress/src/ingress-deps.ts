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
  /** Bytes of one body. */
  readonly bodyLimit: number;
};
