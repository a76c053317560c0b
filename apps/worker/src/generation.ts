import type { Config } from '@ringback/config';
import type { Callback } from '@ringback/contracts';
import type { BodyCodec } from '@ringback/privacy';
import type { Router } from '@ringback/routing';
import { createSources } from '@ringback/sources';
import type { BusinessKeyOf } from './dispatch/business-duplicates.ts';
import { type Lanes, openLanes } from './output/lanes.ts';
import type { ServedOutput } from './output/output.ts';
import type { Work } from './run-until-stopped.ts';
import { type OpenShard, shardUnder } from './shard/shard.ts';
import { openShardWorks, type ShardWorksOptions } from './shard/shard-work.ts';

/** What may fail is made first: what follows from it cannot. */
export type Prepared = {
  readonly config: Config;
  readonly outputs: readonly ServedOutput[];
  readonly router: Router;
  readonly businessKeyOf: BusinessKeyOf;
  readonly open: BodyCodec['open'];
};

/** All that a worker makes of its settings, and that new settings replace. */
export type Generation = Pick<Prepared, 'config' | 'outputs'> & {
  readonly lanes: Lanes;
  /** Take the callbacks. */
  readonly callbacks: readonly Work[];
};

export type GenerationOptions = Pick<ShardWorksOptions, 'shardCount' | 'dispatched' | 'stopping' | 'underWay' | 'now'> & {
  /** All, by number. */
  readonly shards: readonly OpenShard[];
  /** Those that this process consumes. */
  readonly served: readonly OpenShard[];
  readonly outputCount: () => number;
};

/** @throws RingbackError RB_CONFIG_INVALID */
export function prepare(config: Config, { outputs, router, open }: Pick<Prepared, 'outputs' | 'router' | 'open'>): Prepared {
  const businessKeyOf = createBusinessKeyOf(config);
  return {
    config,
    outputs,
    router: { route: (callback) => router.route(open(callback)) },
    businessKeyOf: (callback) => businessKeyOf(open(callback)),
    open,
  };
}

/** Beside the one before, if there is one. Of that, the lanes of unchanged outputs go on. */
export function openGeneration(prepared: Prepared, options: GenerationOptions, before?: Generation): Generation {
  const { config, outputs } = prepared;
  const shards = options.shards.map((shard) => shardUnder(shard, config));
  const served = shards.filter(({ number }) => options.served.some((shard) => shard.number === number));
  const common = { ...options, ...prepared, shards, served };
  const lanes = openLanes({ ...common, before: before && lanesGoOn(before.config, config) ? before.lanes : undefined });
  return { config, outputs, lanes, callbacks: openShardWorks({ ...common, lanes }) };
}

/** What all lanes are built on. */
function lanesGoOn(before: Config, after: Config): boolean {
  return before.dedupe.window === after.dedupe.window && before.history?.answers === after.history?.answers;
}

/**
 * Ends what the next generation does not go on with: all of it at once, so that no lane takes more by old settings.
 * Work under way ends under its settings. Resolves to whether all of it did.
 */
export async function retire({ lanes, callbacks }: Generation, next: Generation, grace: number): Promise<boolean> {
  const goOn = new Set(next.lanes.all());
  const over = lanes.all().filter((lane) => !goOn.has(lane));
  const ended = await Promise.all([...callbacks, ...over].map((work) => work.close(grace)));
  // Callbacks under way write to the lanes, so these MUST be released last.
  await Promise.all(over.map((lane) => lane.release()));
  return ended.every(Boolean);
}

function createBusinessKeyOf(config: Pick<Config, 'sources' | 'dedupe'>): BusinessKeyOf {
  const sources = new Map(createSources(config.sources).map((source) => [source.name, source]));
  return (callback: Callback) => (config.dedupe.businessKey ? sources.get(callback.source)?.businessKey(callback) : undefined);
}
