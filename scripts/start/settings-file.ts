import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';

export type StartSettings = {
  readonly path: string;
  readonly because: string;
  readonly namesRedis: boolean;
};

type Place = { readonly config?: string | undefined; readonly folder: string; readonly example?: string };

/** `${REDIS_URL}` alone counts as no URL: it is unset here. */
function namesRedis(text: string): boolean {
  try {
    const settings: unknown = parse(text);
    if (typeof settings !== 'object' || settings === null || !('redis' in settings)) return false;
    const { redis } = settings;
    if (typeof redis !== 'object' || redis === null) return false;
    if ('urlFile' in redis || 'sentinel' in redis || 'cluster' in redis) return true;
    return 'url' in redis && typeof redis.url === 'string' && !/^\$\{REDIS_URL(:-)?\}$/.test(redis.url);
  } catch {
    return false; // The apps report what is wrong with it.
  }
}

/**
 * The settings file: the given one, else `RINGBACK_CONFIG`, else `ringback.yaml`, else the shipped example.
 * @param place.config the one that `--config` names
 * @param place.folder where the last two are looked for
 * @param place.example name of the shipped example, if there is one
 * @throws Error if the file does not exist
 */
export function findSettings(place: Place, env: NodeJS.ProcessEnv): StartSettings {
  const { path, because } = choose(place, env);
  if (!existsSync(path)) throw new Error(`The settings file ${path} (${because}) does not exist.`);
  return { path, because, namesRedis: namesRedis(readFileSync(path, 'utf8')) };
}

function choose({ config, folder, example }: Place, env: NodeJS.ProcessEnv) {
  if (config !== undefined) return { path: resolve(folder, config), because: '--config' };
  const named = env['RINGBACK_CONFIG'];
  if (named !== undefined && named !== '') return { path: resolve(folder, named), because: 'RINGBACK_CONFIG' };
  const own = join(folder, 'ringback.yaml');
  if (existsSync(own)) return { path: own, because: 'ringback.yaml' };
  if (example === undefined) {
    throw new Error(`There are no settings: \`ringback init\` writes ${own}. Or let RINGBACK_CONFIG name a file`);
  }
  return { path: join(folder, example), because: 'the shipped example: copy it to ringback.yaml to make it yours' };
}
