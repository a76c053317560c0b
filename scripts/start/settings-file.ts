import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';

export type StartSettings = {
  readonly path: string;
  readonly because: string;
  readonly namesRedis: boolean;
};

/** `${REDIS_URL}` alone counts as no URL: it is unset here. */
function namesRedis(text: string): boolean {
  try {
    const settings: unknown = parse(text);
    if (typeof settings !== 'object' || settings === null || !('redis' in settings)) return false;
    const { redis } = settings;
    if (typeof redis !== 'object' || redis === null) return false;
    if ('urlFile' in redis) return true;
    return 'url' in redis && typeof redis.url === 'string' && !/^\$\{REDIS_URL(:-)?\}$/.test(redis.url);
  } catch {
    return false; // The apps report what is wrong with it.
  }
}

/**
 * `RINGBACK_CONFIG`, `ringback.yaml` or the example. @param root the project's folder @throws Error if the
 * file does not exist
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
