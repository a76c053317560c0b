import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';

/** What `npm start` needs to know of the settings before the apps read them. */
export type StartSettings = {
  readonly path: string;
  /** Why this file. */
  readonly because: string;
  /** Whether the file itself says where Redis is. */
  readonly namesRedis: boolean;
};

/** `${REDIS_URL}` alone leaves it to us, as it is unset when this is asked. */
function namesRedis(text: string): boolean {
  try {
    const settings: unknown = parse(text);
    if (typeof settings !== 'object' || settings === null || !('redis' in settings)) return false;
    const { redis } = settings;
    if (typeof redis !== 'object' || redis === null) return false;
    if ('urlFile' in redis) return true;
    return 'url' in redis && typeof redis.url === 'string' && !/^\$\{REDIS_URL(:-)?\}$/.test(redis.url);
  } catch {
    return false; // the apps tell what is wrong with it, with line and column
  }
}

/**
 * The settings file: `RINGBACK_CONFIG`, else `ringback.yaml`, else the shipped example.
 * @param root the project's folder
 * @throws Error when the file is not there
 */
export function findSettings(root: string, env: NodeJS.ProcessEnv): StartSettings {
  const named = env['RINGBACK_CONFIG'];
  const own = join(root, 'ringback.yaml');
  const [path, because] =
    named !== undefined && named !== ''
      ? [resolve(root, named), 'RINGBACK_CONFIG']
      : existsSync(own)
        ? [own, 'ringback.yaml']
        : [join(root, 'ringback.example.yaml'), 'the shipped example: copy it to ringback.yaml to make it yours'];
  if (!existsSync(path)) throw new Error(`The settings file ${path} (${because}) does not exist.`);
  return { path, because, namesRedis: namesRedis(readFileSync(path, 'utf8')) };
}
