import { type Config, settingsFile } from '@ringback/config';
import { RingbackError } from '@ringback/contracts';
import type { Command } from 'commander';
import { brokenWords, unreadWords } from './broken-words.ts';
import { type Broken, type Env, isInvalid, loadSound, loadToLook } from './load-settings.ts';
import { requireShardCount } from './require-shard-count.ts';
import { askHome, connectShards, lostReasons, type ReachedShard, requireAll, type Shards } from './shards.ts';
import type { Terminal } from '../terminal/terminal.ts';

export type Reached = Shards & {
  readonly outputs: readonly string[];
  readonly settings: Config;
  /** Why the file cannot be used. Then `settings` are what can be read of it, without outputs. Only for what looks. */
  readonly broken: Broken | undefined;
};

type Options = { readonly env: Env; readonly config: string | undefined };

/**
 * For what changes something: all shards must answer before anything is done.
 * @throws RingbackError for unusable settings, RB_REDIS_UNAVAILABLE, RB_SHARDS_DIFFER or RB_RESHARDING
 */
export function withRedis<T>(options: Options, work: (reached: Reached) => Promise<T>): Promise<T> {
  return withShards(options, async (reached) => {
    requireAll(reached);
    return work(reached);
  });
}

/**
 * For what only reads: shards that do not answer are left out, and named at the end. Resolves to `work`'s success,
 * or false if one was left out. @throws as `withRedis`
 */
export function withRest(
  { terminal, ...options }: Options & { readonly terminal: Terminal },
  work: (reached: Reached) => Promise<boolean | void>,
): Promise<boolean> {
  return withShards({ ...options, looks: true }, async (reached) => {
    const { broken, settings } = reached;
    if (broken) terminal.err(`settings: ${brokenWords(broken)}`);
    const success = (await work(reached)) ?? true;
    for (const reason of broken ? unreadWords(broken, settings) : []) terminal.err(reason);
    for (const reason of lostReasons(reached)) terminal.err(`left out: ${reason}`);
    return success && reached.lost.length === 0 && broken === undefined;
  });
}

/** `looks`: goes on with a file that has errors. */
export async function withShards<T>(
  { env, config, looks = false }: Options & { readonly looks?: boolean },
  work: (reached: Reached) => Promise<T>,
): Promise<T> {
  const file = { path: config ?? settingsFile(env), env };
  const { settings, broken } = looks ? loadToLook(file) : { settings: loadSound(file), broken: undefined };
  const shards = await connectShards(settings.redis, env).catch((error: unknown) => {
    // That of the file says what to mend.
    throw broken && isInvalid(error) ? broken.error : error;
  });
  try {
    const refusal = await askHome(shards, (shard) => shardCountRefused(shard, settings));
    if (refusal) throw refusal;
    return await work({ ...shards, settings, broken, outputs: broken ? [] : settings.outputs.map(({ name }) => name) });
  } finally {
    for (const { redis } of shards.reached) redis.disconnect();
  }
}

/** As a value: it is no failure of the shard. */
function shardCountRefused(shard: ReachedShard, { redis }: Config): Promise<RingbackError | undefined> {
  return requireShardCount(shard, redis).then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof RingbackError) return error;
      throw error;
    },
  );
}

export function withConfig(command: Command): Command {
  return command.option('--config <file>', 'settings file (default: as for check)');
}
