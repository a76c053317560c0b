import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  findRedis,
  freePort,
  JAVASCRIPT_BANNER,
  redisInJavaScript,
  makePrivateFolder,
  writePrivateFile,
  type RedisServer,
  startRedis,
} from '@ringback/redis-server';
import { Redis } from 'ioredis';
import { withoutPassword } from './shown-url.ts';

/** The project's own folder for data and caches; not under version control. */
const STATE_FOLDER = fileURLToPath(new URL('../../.ringback', import.meta.url));

/** What BullMQ and our promises need: every write on disk within a second, and nothing ever evicted. */
const SETTINGS = ['--appendonly', 'yes', '--appendfsync', 'everysec', '--maxmemory-policy', 'noeviction', '--save', ''];

/** SIGTERM makes redis-server write what it holds; the apps, which stop at the same time, get a moment to finish. */
const WHEN_ABANDONED = 'sleep 3; kill -TERM "$1"';

const ENDS_WITHIN_MS = 3000;

type Address = { readonly port: number; readonly password: string };

const PASSWORD_BYTES = 24;

const urlOf = ({ port, password }: Address) => `redis://:${password}@127.0.0.1:${port}`;

async function addressOfLastStart(urlFile: string): Promise<Address | undefined> {
  const url = URL.parse(await readFile(urlFile, 'utf8').catch(() => ''));
  return url && url.password !== '' && Number(url.port) > 0 ? { port: Number(url.port), password: url.password } : undefined;
}

/**
 * Ends the server that an earlier start left behind, should one still hold these data: two servers on one append-only file would ruin it.
 * @throws Error when it holds them and does not let go
 */
async function endLeftOver(dir: string, { port, password }: Address): Promise<void> {
  const when = { lazyConnect: true, retryStrategy: null, commandTimeout: ENDS_WITHIN_MS };
  const redis = new Redis({ port, host: '127.0.0.1', password, ...when });
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
  const urlFile = join(STATE_FOLDER, 'redis.url');
  const last = await addressOfLastStart(urlFile);
  if (last !== undefined) await endLeftOver(dir, last);
  const found = await findRedis({ cache: join(STATE_FOLDER, 'cache'), signal });
  signal.throwIfAborted();
  const spec = 'spec' in found ? found.spec : redisInJavaScript();
  if ('reasons' in found) say(`${JAVASCRIPT_BANNER}\n${found.reasons.map((reason) => `  - ${reason}`).join('\n')}`);
  // The same as before, so that what a person noted down stays true.
  const password = last?.password ?? randomBytes(PASSWORD_BYTES).toString('hex');
  const port = await freePort(last?.port);
  await mkdir(STATE_FOLDER, { recursive: true });
  await makePrivateFolder(dir);
  // MUST be written before the server runs: it is how the next start finds one that was left behind.
  await writePrivateFile(urlFile, `${urlOf({ port, password })}\n`);
  const server = await startRedis({ spec, dir, port, password, settings: SETTINGS, whenAbandoned: WHEN_ABANDONED });
  const data = spec.way === 'JavaScript' ? '' : ', data in .ringback/redis';
  say(`redis    is up at ${withoutPassword(server.url)}: ${spec.label}${data}, URL with its password in .ringback/redis.url`);
  return server;
}
