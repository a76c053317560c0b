import { createRates } from '@ringback/observability';
import type { ProcessState } from '@ringback/queue';
import type { WorkerMetrics } from './metrics/metrics.ts';
import type { ServedOutput } from './output/output.ts';

type StateOptions = {
  readonly metrics: Pick<WorkerMetrics, 'totals'>;
  /** Current value; settings may reload. */
  readonly outputs: () => readonly ServedOutput[];
  readonly notReadyReasons: () => Promise<readonly string[]>;
  /** Those that it runs with, and how the last reload went. */
  readonly settings: () => NonNullable<ProcessState['settings']>;
  /** Monotonic, ms. */
  readonly now: () => number;
};

/** What a worker tells of itself with each beat. */
export function createProcessState(options: StateOptions): (timeOf: (msAgo: number) => number) => Promise<ProcessState> {
  const { metrics, outputs, notReadyReasons, settings, now } = options;
  const rates = createRates({ totals: metrics.totals, now });
  return async (timeOf) => ({
    settings: settings(),
    notReady: [...(await notReadyReasons())],
    ...rates(),
    outputs: Object.fromEntries(outputs().map((output) => [output.output.name, stateOf(output, timeOf)])),
  });
}

function stateOf(
  { breaker, recent }: ServedOutput,
  timeOf: (msAgo: number) => number,
): NonNullable<ProcessState['outputs']>[string] {
  const { breakerFor, deliveredAgo, failed } = recent();
  return {
    breaker: breaker.state(),
    since: timeOf(breakerFor),
    ...(deliveredAgo !== undefined && { lastDelivered: timeOf(deliveredAgo) }),
    ...(failed && { lastFailed: { at: timeOf(failed.ago), reason: failed.reason } }),
  };
}
