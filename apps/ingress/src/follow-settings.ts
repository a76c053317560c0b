import { type Config, createReloader, ingressParts, type InspectedConfig, type ReloaderOptions } from '@ringback/config';
import type { Logger, Source } from '@ringback/contracts';
import { createBodyCodec } from '@ringback/privacy';
import { sourceTypes } from '@ringback/sources';
import { buildApp } from './app.ts';
import type { IngressDeps } from './ingress-deps.ts';
import { type IngressMetrics, knownTypes } from './metrics.ts';
import { reachOf } from './refuse-stranger.ts';

export type FollowOptions = Pick<ReloaderOptions, 'path' | 'reader' | 'started'> & {
  /** The current settings. Only this file writes them. */
  readonly live: { config: Config };
  /** @throws RingbackError if one of them may not be used */
  readonly openSources: (settings: InspectedConfig) => readonly Source[];
  readonly deps: Omit<IngressDeps, 'sources' | 'allowFrom' | 'trustProxy' | 'limits'>;
  readonly metrics: Pick<IngressMetrics, 'know' | 'settings'>;
  readonly logger: Logger & { level: string };
};

/** Answers by the settings, and by those that replace them. */
export function followSettings({ live, openSources, deps, metrics, ...options }: FollowOptions) {
  const { started, logger } = options;
  const depsOf = (settings: InspectedConfig): IngressDeps => {
    const { config } = settings;
    return { ...deps, ...sealing(deps, config), ...reachOf(config), sources: openSources(settings), limits: config.ingress };
  };
  const { app, prepare, notReadyReasons } = buildApp(depsOf(started));
  const reloader = createReloader({
    ...options,
    app: 'ingress',
    partsOf: ingressParts,
    async apply(next) {
      const answer = await prepare(depsOf(next));
      live.config = next.config;
      logger.level = next.config.log.level;
      metrics.know(knownTypes(next.config, sourceTypes));
      answer();
    },
  });
  metrics.settings(reloader.state);
  return { app, crowded: notReadyReasons, reloader };
}

/** Bodies are sealed before they go anywhere. */
function sealing({ producer, quarantine }: Pick<IngressDeps, 'producer' | 'quarantine'>, { privacy }: Config) {
  if (privacy?.encrypt === undefined) return {};
  const { encrypt } = privacy;
  const { seal } = createBodyCodec(() => encrypt);
  return {
    producer: { enqueue: (callback: Parameters<typeof producer.enqueue>[0]) => producer.enqueue(seal(callback)) },
    quarantine: { keep: (entry: Parameters<typeof quarantine.keep>[0]) => quarantine.keep(seal(entry)) },
  };
}
