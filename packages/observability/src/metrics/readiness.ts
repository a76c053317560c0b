import type { Metrics } from './metrics.ts';

/** Shows whether the process is ready, as `/readyz` says it at that moment. */
export function showReadiness(
  metrics: Pick<Metrics, 'gauge' | 'before'>,
  notReadyReasons: () => Promise<readonly string[]>,
): void {
  const ready = metrics.gauge({ name: 'ringback_ready', help: '1: /readyz says that this process is ready. 0: it is not.' });
  metrics.before(async () => {
    const reasons = await notReadyReasons();
    ready.replace([{ value: reasons.length === 0 ? 1 : 0 }]);
  });
}
