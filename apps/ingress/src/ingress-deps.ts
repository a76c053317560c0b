import type { Logger, Source } from '@ringback/contracts';
import type { CallbackProducer } from '@ringback/queue';

/** What the ingress works with; composed in `main.ts`. */
export type IngressDeps = {
  readonly sources: readonly Source[];
  readonly producer: Pick<CallbackProducer, 'enqueue'>;
  /** ms since the epoch. */
  readonly now: () => number;
  readonly logger: Logger;
  /** Bytes of one body. */
  readonly bodyLimit: number;
};
