import { type Config, settingsFile } from '@ringback/config';
import { type connectForCommand, shardsOf } from '@ringback/redis';
import type { Command } from 'commander';
import { connectRedis } from './connect-redis.ts';
import { type Env, loadSettings } from './load-settings.ts';
import { requireShardCount } from './require-shard-count.ts';

export type Reached = {
  readonly redis: Awaited<ReturnType<typeof connectForCommand>>;
  readonly prefix: string;
  readonly outputs: readonly string[];
  readonly settings: Config;
};

/** @throws RingbackError for unusable settings, RB_REDIS_UNAVAILABLE, RB_SHARDS_DIFFER or RB_RESHARDING */
export async function withRedis<T>(
  { env, config }: { readonly env: Env; readonly config: string | undefined },
  work: (reached: Reached) => Promise<T>,
): Promise<T> {
  const settings = loadSettings({ path: config ?? settingsFile(env), env });
  const [shard] = shardsOf(settings.redis);
  const redis = await connectRedis(shard, env);
  try {
    await requireShardCount({ redis, prefix: shard.prefix }, settings.redis);
    return await work({ redis, prefix: shard.prefix, settings, outputs: settings.outputs.map(({ name }) => name) });
  } finally {
    redis.disconnect();
  }
}

export function withConfig(command: Command): Command {
  return command.option('--config <file>', 'settings file (default: as for check)');
}
