import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { findRedis, STATE_FOLDER } from './find.ts';
import { freePort } from './free-port.ts';
import { JAVASCRIPT_BANNER, redisInJavaScript } from './javascript.ts';
import { type RedisServer, startRedis } from './server.ts';

/** What BullMQ and our promises need: every write on disk within a second, and nothing ever evicted. */
const SETTINGS = ['--appendonly', 'yes', '--appendfsync', 'everysec', '--maxmemory-policy', 'noeviction', '--save', ''];

/** SIGTERM makes redis-server write what it holds; the apps, which stop at the same time, get a moment to finish. */
const WHEN_ABANDONED = 'sleep 3; kill -TERM "$1"';

const ENDS_WITHIN_MS = 3000;

async function portOfLastStart(portFile: string): Promise<number | undefined> {
  const port = Number(await readFile(portFile, 'utf8').catch(() => ''));
  return port > 0 ? port : undefined;
}

/**
 * Ends the server that an earlier start left behind, should one still hold these data: two servers on one append-only file would ruin it.
 * @throws Error when it holds them and does not let go
 */
async function endLeftOver(dir: string, port: number): Promise<void> {
  const redis = new Redis({ port, host: '127.0.0.1', lazyConnect: true, retryStrategy: null, commandTimeout: ENDS_WITHIN_MS });
  redis.on('error', () => {});
  try {
    await redis.connect();
  } catch {
    return; // nobody there
  }
  const gone = new Promise<void>((resolve) => redis.once('end', resolve));
  const late = AbortSignal.timeout(ENDS_WITHIN_MS);
  try {
    const [, itsDir] = await redis.config('GET', 'dir');
    if (itsDir !== dir) return;
    redis.shutdown().catch(() => {}); // its answer is that the connection closes
    await Promise.race([gone, once(late, 'abort').then(() => Promise.reject(new Error('it did not end')))]);
  } catch (cause) {
    throw new Error(`The Redis on port ${port}, left behind by an earlier start, does not answer: end it, then start again.`, {
      cause,
    });
  } finally {
    redis.disconnect();
  }
}

/**
 * The Redis that `npm start` brings along: the best this machine has, its data under `.ringback/redis`, where they survive restarts. The caller
 * MUST hold the start lock of this checkout.
 * @param say prints one line, or a banner
 * @param signal gives the search for a server up
 * @throws Error when no server comes up
 */
export async function startEmbeddedRedis(say: (text: string) => void, signal: AbortSignal): Promise<RedisServer> {
  const dir = join(STATE_FOLDER, 'redis');
  const portFile = join(STATE_FOLDER, 'redis.port');
  const lastPort = await portOfLastStart(portFile);
  if (lastPort !== undefined) await endLeftOver(dir, lastPort);
  const found = await findRedis(signal);
  signal.throwIfAborted();
  const spec = 'spec' in found ? found.spec : redisInJavaScript();
  if ('reasons' in found) say(`${JAVASCRIPT_BANNER}\n${found.reasons.map((reason) => `  - ${reason}`).join('\n')}`);
  const port = await freePort(lastPort);
  await mkdir(STATE_FOLDER, { recursive: true });
  // MUST be written before the server runs: it is how the next start finds one that was left behind.
  await writeFile(portFile, String(port));
  const server = await startRedis({ spec, dir, port, settings: SETTINGS, whenAbandoned: WHEN_ABANDONED });
  say(`redis    is up at ${server.url}: ${spec.label}${spec.way === 'JavaScript' ? '' : ', data in .ringback/redis'}`);
  return server;
}
