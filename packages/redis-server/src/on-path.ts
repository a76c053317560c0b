import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { locateProgram } from '@ringback/server-programs';
import type { WayResult } from './server-spec.ts';

const run = promisify(execFile);

/** BullMQ needs 6.2. */
const OLDEST = 6.2;

/** By its name on PATH, or by its path. */
export async function serverOnPath(name: string, signal: AbortSignal): Promise<WayResult> {
  const command = await locateProgram(name);
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
