import { type Config, inspectConfig, type InspectedConfig, loadConfig, type LoadOptions, salvageConfig } from '@ringback/config';
import { RingbackError } from '@ringback/contracts';
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
export function loadSettings(loaded: Loaded): Config {
  return loadConfig(lazyOptions(loaded));
}

function lazyOptions({ path, env, readFile }: Loaded): LoadOptions {
  const withRedis = { ...env, REDIS_URL: env['REDIS_URL'] || redisOfStart() };
  const reading = readFile === undefined ? {} : { readFile };
  return { path, env: withRedis, sourceTypes, outputTypes, checkCondition, secrets: 'lazy', ...reading };
}

/** Why a file cannot be used, and its sections of which it is not known what they say. */
export type Broken = { readonly path: string; readonly error: RingbackError; readonly unread: readonly string[] };

type Looking = { readonly settings: Config; readonly broken: Broken | undefined };

/** For commands that only look: of a broken file, what can be read. @throws RingbackError RB_CONFIG_UNREADABLE */
export function loadToLook(loaded: Loaded): Looking {
  try {
    return { settings: loadSettings(loaded), broken: undefined };
  } catch (error) {
    if (!isInvalid(error)) throw error;
    const { config, unread } = salvageConfig(lazyOptions(loaded));
    return { settings: config, broken: { path: loaded.path, error, unread } };
  }
}

const WAY_OUT =
  'ringback status, outputs, trace and dead-letters list work with such a file; for this command name a copy without errors: --config <file>';

/** For commands that need sound settings. @throws as `loadSettings`, with a way out */
export function loadSound(loaded: Loaded): Config {
  try {
    return loadSettings(loaded);
  } catch (error) {
    if (!isInvalid(error)) throw error;
    throw new RingbackError(error.code, `${error.message}\n${WAY_OUT}`, { cause: error });
  }
}

export function isInvalid(error: unknown): error is RingbackError {
  return error instanceof RingbackError && error.code === 'RB_CONFIG_INVALID';
}

type Inspected = Pick<Loaded, 'path' | 'env'> & { readonly secrets?: 'required' | 'lazy' };

/** Checks all secrets, unless they are `lazy`. The Redis URL may be missing. */
export function inspectSettings({ path, env, secrets = 'required' }: Inspected): InspectedConfig {
  const withRedis = { ...env, REDIS_URL: env['REDIS_URL'] || PLACEHOLDER_REDIS_URL };
  return inspectConfig({ path, env: withRedis, sourceTypes, outputTypes, checkCondition, secrets });
}
