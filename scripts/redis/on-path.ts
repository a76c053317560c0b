import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { WayResult } from './server-spec.ts';

const run = promisify(execFile);

/** BullMQ asks for 6.2 or newer. */
const OLDEST = 6.2;

async function tryProgram(name: string, signal: AbortSignal): Promise<WayResult> {
  try {
    const { stdout } = await run(name, ['--version'], { timeout: 5000, signal });
    const version = /v=(\d+\.\d+)[\d.]*/.exec(stdout);
    if (version?.[1] === undefined) return { unavailable: `${name} says no version` };
    if (Number.parseFloat(version[1]) < OLDEST) return { unavailable: `${name} is older than ${OLDEST}` };
    return { spec: { way: 'on PATH', label: `${name} ${version[0].slice(2)} on PATH`, command: name, args: [], env: {} } };
  } catch {
    return { unavailable: `no ${name} on PATH` };
  }
}

/** `redis-server` or `valkey-server` where PATH has one. */
export async function redisOnPath(signal: AbortSignal): Promise<WayResult> {
  const results = await Promise.all([tryProgram('redis-server', signal), tryProgram('valkey-server', signal)]);
  const found = results.find((result) => 'spec' in result);
  if (found !== undefined) return found;
  return { unavailable: results.flatMap((result) => ('unavailable' in result ? [result.unavailable] : [])).join(', ') };
}
