import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { WayResult } from './server-spec.ts';

const run = promisify(execFile);

/** BullMQ needs 6.2. */
const OLDEST = 6.2;

/** The name alone may mean another program under another PATH. A name with a slash is a path. */
async function locate(name: string): Promise<string | undefined> {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((entry) => entry !== '');
  for (const path of name.includes('/') ? [resolve(name)] : folders.map((folder) => join(folder, name))) {
    const canRun = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (canRun) return path;
  }
  return undefined;
}

/** By its name on PATH, or by its path. */
export async function serverOnPath(name: string, signal: AbortSignal): Promise<WayResult> {
  const command = await locate(name);
  if (command === undefined) return { unavailable: name.includes('/') ? `no program ${name}` : `no ${name} on PATH` };
  try {
    const { stdout } = await run(command, ['--version'], { timeout: 5000, signal });
    const version = /v=(\d+\.\d+)[\d.]*/.exec(stdout);
    if (version?.[1] === undefined) return { unavailable: `${name} says no version` };
    if (Number.parseFloat(version[1]) < OLDEST) return { unavailable: `${name} is older than ${OLDEST}` };
    return {
      spec: {
        way: 'on PATH',
        label: `${name} ${version[0].slice(2)}${name.includes('/') ? '' : ' on PATH'}`,
        command,
        args: [],
        env: {},
      },
    };
  } catch {
    return { unavailable: `${command} cannot be run` };
  }
}

export async function redisOnPath(signal: AbortSignal): Promise<WayResult> {
  const results = await Promise.all([serverOnPath('redis-server', signal), serverOnPath('valkey-server', signal)]);
  const found = results.find((result) => 'spec' in result);
  if (found !== undefined) return found;
  return { unavailable: results.flatMap((result) => ('unavailable' in result ? [result.unavailable] : [])).join(', ') };
}
