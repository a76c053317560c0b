import { fileURLToPath } from 'node:url';
import type { RedisServerSpec } from './server-spec.ts';

/** The last resort: a young Redis look-alike in JavaScript. Memory only, about 25 times slower: for a first look and nothing else. */
export function redisInJavaScript(): RedisServerSpec {
  const program = fileURLToPath(new URL('javascript-server.ts', import.meta.url));
  const label = 'js-redis-server (JavaScript, memory only)';
  return { way: 'JavaScript', label, command: process.execPath, args: [...process.execArgv, program], env: {} };
}

/** What to print in full view when the JavaScript server is taken. */
export const JAVASCRIPT_BANNER = `
  ****************************************************************************
  *  NO REAL REDIS FOUND: running on one written in JavaScript.              *
  *  It keeps everything in memory, is slow, and FORGETS ALL when it stops:  *
  *  what was acknowledged is then lost. For a first look and nothing else.  *
  *  Install redis-server (or valkey-server), or set REDIS_URL.              *
  ****************************************************************************
`;
