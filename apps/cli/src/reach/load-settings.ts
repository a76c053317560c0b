import { type Config, inspectConfig, type InspectedConfig, loadConfig } from '@ringback/config';
import { outputTypes } from '@ringback/outputs';
import { checkCondition } from '@ringback/routing';
import { sourceTypes } from '@ringback/sources';
import { redisOfStart } from './redis-of-start.ts';

export type Env = Readonly<Record<string, string | undefined>>;

const PLACEHOLDER_REDIS_URL = 'redis://127.0.0.1:6379';

type Loaded = { readonly path: string; readonly env: Env; readonly readFile?: (path: string) => Uint8Array };

/**
 * A missing secret is an error only when used. The Redis URL defaults to the Redis of `npm start`. @throws
 * RingbackError RB_CONFIG_UNREADABLE, or RB_CONFIG_INVALID with a line per problem
 */
export function loadSettings({ path, env, readFile }: Loaded): Config {
  const withRedis = { ...env, REDIS_URL: env['REDIS_URL'] || redisOfStart() };
  const reading = readFile === undefined ? {} : { readFile };
  return loadConfig({ path, env: withRedis, sourceTypes, outputTypes, checkCondition, secrets: 'lazy', ...reading });
}

type Inspected = Pick<Loaded, 'path' | 'env'> & { readonly secrets?: 'required' | 'lazy' };

/** Checks all secrets, unless they are `lazy`. The Redis URL may be missing. */
export function inspectSettings({ path, env, secrets = 'required' }: Inspected): InspectedConfig {
  const withRedis = { ...env, REDIS_URL: env['REDIS_URL'] || PLACEHOLDER_REDIS_URL };
  return inspectConfig({ path, env: withRedis, sourceTypes, outputTypes, checkCondition, secrets });
}
