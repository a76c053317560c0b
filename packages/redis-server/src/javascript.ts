import { fileURLToPath } from 'node:url';
import type { RedisServerSpec } from './server-spec.ts';

/** The last resort: Redis in JavaScript. Memory only, about 25 times slower, young. */
export function redisInJavaScript(): RedisServerSpec {
  const program = fileURLToPath(new URL('javascript-server.ts', import.meta.url));
  const label = 'js-redis-server (JavaScript, memory only)';
  return { way: 'JavaScript', label, command: process.execPath, args: [...process.execArgv, program], env: {} };
}

export const JAVASCRIPT_BANNER = `
  ****************************************************************************
  *  NO REAL REDIS FOUND: running on one written in JavaScript.              *
  *  It keeps everything in memory, is slow, and FORGETS ALL when it stops:  *
  *  what was acknowledged is then lost. For a first look and nothing else.  *
  *  Install redis-server (or valkey-server), or set REDIS_URL.              *
  ****************************************************************************
`;
