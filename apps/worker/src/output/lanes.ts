import type { Config } from '@ringback/config';
import { homeShardOf } from '@ringback/contracts';
import { createBacklogBound, parks } from '@ringback/queue';
import { sharingPrimary } from '@ringback/redis';
import { createClaims } from '../dispatch/claims.ts';
import type { FanOutTarget } from '../dispatch/fan-out.ts';
import { type Lane, openLane } from './output-lane.ts';
import type { ServedOutput } from './output.ts';
import type { WorkShard } from '../shard/shard.ts';

export type LanesOptions = {
  readonly config: Pick<Config, 'redis' | 'history'>;
  readonly outputs: readonly ServedOutput[];
  /** How many there are by now. */
  readonly outputCount: () => number;
  /** Of the generation before, if they can go on: those of unchanged outputs do. */
  readonly before?: Lanes | undefined;
  /** All, by number. */
  readonly shards: readonly WorkShard[];
  /** Those that this process consumes. */
  readonly served: readonly WorkShard[];
  readonly stopping: AbortSignal;
  readonly now: () => number;
};

/** By the name of their output. */
export type Lanes = {
  readonly all: () => readonly Lane[];
  /** Those of a shard. */
  in(shard: Pick<WorkShard, 'number'>): ReadonlyMap<string, Lane>;
  /** Where a fan-out of a shard sends. */
  from(shard: WorkShard): ReadonlyMap<string, FanOutTarget>;
  /** The lane of an output in the shard of this number has something to feed. */
  wake(output: string, number: number): void;
};

/**
 * An output has a lane in each shard that this process serves. One with a rate limit has a single lane for all shards,
 * in its home shard: there Redis counts for all workers. That lane consumes only if its shard is served.
 */
export function openLanes(options: LanesOptions): Lanes {
  const { outputs, shards, served } = options;
  const lanes = new Map(shards.map(({ number }) => [number, new Map<string, Lane>()]));
  const ofOthers = new Map<string, { readonly at: WorkShard; readonly target: FanOutTarget }>();
  for (const output of outputs) {
    const { name } = output.output;
    for (const shard of output.alone ? homeOf(name, shards) : served) {
      const lane = standing(shard, output, options) ?? openIn(shard, output, options);
      lanes.get(shard.number)?.set(name, lane);
      if (output.alone) ofOthers.set(name, { at: shard, target: { ...lane, shard: shard.targetOfOthers } });
    }
  }
  const inShard = ({ number }: Pick<WorkShard, 'number'>) => lanes.get(number) ?? new Map<string, Lane>();
  return {
    all: () => [...lanes.values()].flatMap((those) => [...those.values()]),
    in: inShard,
    wake(output, number) {
      for (const shard of served) if (shard.number === number) inShard(shard).get(output)?.flow.wake();
    },
    from(shard) {
      const elsewhere = [...ofOthers].flatMap(([name, { at, target }]) => (at === shard ? [] : [[name, target] as const]));
      // One object for all lanes of a shard, whichever generation opened them: a batch is stored there once.
      const here = [...inShard(shard)].map(([name, lane]) => [name, { ...lane, shard: shard.target }] as const);
      return new Map<string, FanOutTarget>([...here, ...elsewhere]);
    },
  };
}

function standing(shard: WorkShard, output: ServedOutput, { before }: LanesOptions): Lane | undefined {
  const lane = before?.in(shard).get(output.output.name);
  return lane?.served === output ? lane : undefined;
}

function homeOf(output: string, shards: readonly WorkShard[]): readonly WorkShard[] {
  const home = homeShardOf(output, shards.length);
  return shards.filter(({ number }) => number === home);
}

function openIn(shard: WorkShard, output: ServedOutput, options: LanesOptions): Lane {
  const { config, outputCount, shards, served, stopping, now } = options;
  const { access, target, watch, traces, logger } = shard;
  // Deliveries stay in their shard when the number of shards grows, and their claims move to the shards of their keys.
  const ledger = { ...shard.ledger, keep: createClaims({ own: shard.number, shards }).keep };
  const name = shard.named(output.output.name);
  const common = { output, access, ledger, shard: target, name, refused: watch.refused, traces, stopping, now, logger };
  return openLane({
    ...common,
    most: createBacklogBound({
      ...config,
      outputCount,
      output: output.settings,
      alone: output.alone,
      ...memoryOf(shard, shards),
    }),
    parks: parks(config, output.settings),
    ...(output.alone ? { consumes: served.includes(shard) } : { servedShards: served.length }),
  });
}

function memoryOf(shard: WorkShard, shards: readonly WorkShard[]) {
  const redises = shards.map(({ access }) => access.redis);
  return { maxmemory: shard.watch.maxmemory, sharing: () => sharingPrimary(shard.access.redis, redises) };
}
