import { type Config, loadConfig } from '@ringback/config';
import { outputTypes } from '@ringback/outputs';
import { checkCondition } from '@ringback/routing';
import { sourceTypes } from '@ringback/sources';

export type Env = Readonly<Record<string, string | undefined>>;

/** Stands in where `REDIS_URL` is not set: not every command needs Redis, and `npm start` brings its own. */
const PLACEHOLDER_REDIS_URL = 'redis://127.0.0.1:6379';

/**
 * The settings as ingress and worker read them; without a Redis unless it is needed.
 * @throws RingbackError RB_CONFIG_UNREADABLE, or RB_CONFIG_INVALID with a line per problem
 */
export function loadSettings({ path, env, needsRedis = false }: { path: string; env: Env; needsRedis?: boolean }): Config {
  const withRedis = needsRedis ? env : { ...env, REDIS_URL: env['REDIS_URL'] || PLACEHOLDER_REDIS_URL };
  return loadConfig({ path, env: withRedis, sourceTypes, outputTypes, checkCondition });
}
