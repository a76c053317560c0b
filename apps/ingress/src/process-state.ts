import { createRates } from '@ringback/observability';
import type { ProcessState } from '@ringback/queue';
import type { IngressMetrics } from './metrics.ts';

type StateOptions = {
  readonly metrics: Pick<IngressMetrics, 'totals'>;
  readonly notReadyReasons: () => Promise<readonly string[]>;
  /** Undefined: there is no spool. */
  readonly spooling?: (() => number) | undefined;
  /** Those that it runs with, and how the last reload went. */
  readonly settings: () => NonNullable<ProcessState['settings']>;
  /** Monotonic, ms. */
  readonly now: () => number;
};

/** What an ingress tells of itself with each beat. */
export function createProcessState(options: StateOptions): () => Promise<ProcessState> {
  const { metrics, notReadyReasons, spooling, settings, now } = options;
  const rates = createRates({ totals: metrics.totals, now });
  return async () => ({
    settings: settings(),
    notReady: [...(await notReadyReasons())],
    ...rates(),
    ...(spooling && { spooled: spooling() }),
  });
}
