import { type Config, inspectConfig, type InspectedConfig, loadConfig } from '@ringback/config';
import { outputTypes } from '@ringback/outputs';
import { checkCondition } from '@ringback/routing';
import { sourceTypes } from '@ringback/sources';
import { redisOfStart } from './redis-of-start.ts';

export type Env = Readonly<Record<string, string | undefined>>;

const PLACEHOLDER_REDIS_URL = 'redis://127.0.0.1:6379';

/**
 * The settings as ingress and worker read them, but for secrets that are not there (a destination's token, or where Redis is): using one is the
 * error, so that a command asks for those only that it needs. Where nobody names a Redis, it is the one of `npm start`.
 * @throws RingbackError RB_CONFIG_UNREADABLE, or RB_CONFIG_INVALID with a line per problem
 */
export function loadSettings({ path, env }: { path: string; env: Env }): Config {
  const withRedis = { ...env, REDIS_URL: env['REDIS_URL'] || redisOfStart() };
  return loadConfig({ path, env: withRedis, sourceTypes, outputTypes, checkCondition, secrets: 'lazy' });
}

/** The settings with every secret, as an app needs them. `npm start` brings its own Redis: where it is may be left out. */
export function inspectSettings({ path, env }: { path: string; env: Env }): InspectedConfig {
  const withRedis = { ...env, REDIS_URL: env['REDIS_URL'] || PLACEHOLDER_REDIS_URL };
  return inspectConfig({ path, env: withRedis, sourceTypes, outputTypes, checkCondition });
}
