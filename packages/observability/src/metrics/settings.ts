import type { Metrics } from './metrics.ts';

type State = {
  /** ms since the epoch. */
  readonly loadedAt: number;
  /** Of the last reload, if it failed. */
  readonly problem?: unknown;
  readonly reloads: { readonly succeeded: number; readonly failed: number };
};

/** Shows which settings a process runs: since when, and how its reloads went. */
export function showSettings(metrics: Pick<Metrics, 'counter' | 'gauge' | 'before'>, state: () => State): void {
  const reloads = metrics.counter({
    name: 'ringback_settings_reloads_total',
    help: 'How often this process was to take new settings, by what came of it.',
    labels: ['result'],
  });
  const [succeeded, failed] = [reloads.of({ result: 'succeeded' }), reloads.of({ result: 'failed' })];
  const loaded = metrics.gauge({
    name: 'ringback_settings_loaded_timestamp_seconds',
    help: 'When this process read the settings that it runs, as Unix time.',
  });
  const kept = metrics.gauge({
    name: 'ringback_settings_reload_failed',
    help: '1: the last reload failed, and this process runs its earlier settings. 0: it did not.',
  });
  metrics.before(() => {
    const now = state();
    succeeded.value = now.reloads.succeeded;
    failed.value = now.reloads.failed;
    loaded.replace([{ value: now.loadedAt / 1000 }]);
    kept.replace([{ value: now.problem === undefined ? 0 : 1 }]);
  });
}
