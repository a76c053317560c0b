import { type Config, createReloader, inSteps, type Reloader, type ReloaderOptions, workerParts } from '@ringback/config';
import type { Logger, OutputDeps } from '@ringback/contracts';
import { startAlerts } from './alerts/alerts.ts';
import { createBodyCodec } from '@ringback/privacy';
import { createRouter, routerInSteps } from '@ringback/routing';
import { type GenerationOptions, prepare } from './generation.ts';
import { createGenerations, type Generations } from './generations.ts';
import { type History, startHistory } from './history/history.ts';
import type { WorkerMetrics } from './metrics/metrics.ts';
import { openOutputs } from './output/open-outputs.ts';
import { reportRemovedOutputs } from './output/removed-outputs.ts';
import type { OpenShard } from './shard/shard.ts';

export type FollowOptions = Pick<ReloaderOptions, 'path' | 'reader' | 'started'> &
  Omit<GenerationOptions, 'outputCount' | 'underWay' | 'dispatched'> & {
    /** The current settings. Only this file writes them. */
    readonly live: { config: Config };
    readonly deps: OutputDeps;
    readonly metrics: Pick<WorkerMetrics, 'alertLooked' | 'attemptsOf' | 'dispatched' | 'historyDropped' | 'settings' | 'watch'>;
    readonly logger: Logger & { level: string };
  };

export type Followed = {
  readonly generations: Generations;
  readonly reloader: Reloader;
  readonly history: History | undefined;
  readonly alerts: { close(): Promise<void> };
  /** Logs outputs that left the settings. */
  readonly reportRemoved: () => void;
};

/** Works by the settings, and by those that replace them. */
export function followSettings(options: FollowOptions): Followed {
  const { path, started, live, shards, served, logger } = options;
  const { alertLooked, attemptsOf, dispatched, historyDropped, watch } = options.metrics;
  const { open } = createBodyCodec(() => live.config.privacy?.encrypt);
  const opening = { ...options, open, attemptsOf };
  const generations = createGenerations(
    prepare(started.config, {
      outputs: openOutputs({ ...opening, settings: started }),
      router: createRouter(started.config),
      open,
    }),
    { ...options, dispatched, underWay: { bytes: 0 }, outputCount: () => live.config.outputs.length },
    logger,
  );
  const { current } = generations;
  watch({ config: started.config, shards, outputs: () => current().outputs });
  const wake = (output: string, shard: number) => current().lanes.wake(output, shard);
  const numbers = served.map(({ number }) => number);
  const history = startHistory({ ...options, historyDropped, config: started.config, settingsPath: path, served: numbers, wake });
  const reportRemoved = () => reportAllRemoved(served, live.config);
  const reloader = createReloader({
    ...options,
    app: 'worker',
    partsOf: workerParts,
    async apply(next, changes, signal) {
      const router = await inSteps(routerInSteps(next.config), signal);
      const before = { outputs: current().outputs, changes };
      const prepared = prepare(next.config, { outputs: openOutputs({ ...opening, settings: next, before }), router, open });
      live.config = next.config;
      logger.level = next.config.log.level;
      generations.replace(prepared);
      history?.reload(next.config);
      reportRemoved();
    },
  });
  options.metrics.settings(reloader.state);
  reportRemoved();
  const alerts = startAlerts({ ...options, counted: alertLooked, settings: () => live.config, outputs: () => current().outputs });
  return { generations, reloader, history, alerts, reportRemoved };
}

/** Not awaited: Redis may be away, and these are only log lines. */
function reportAllRemoved(served: readonly OpenShard[], { outputs }: Config): void {
  const names = outputs.map(({ name }) => name);
  for (const shard of served) void reportRemovedOutputs({ ...shard.access, ...shard, outputs: names });
}
