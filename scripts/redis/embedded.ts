import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  findRedis,
  freePort,
  JAVASCRIPT_BANNER,
  makePrivateFolder,
  writePrivateFile,
  type RedisServer,
  type RedisServerSpec,
  startRedis,
} from '@ringback/redis-server';
import { endLeftOver } from './left-over.ts';
import { newPassword } from './password.ts';
import { withoutPassword } from './shown-url.ts';

/** For BullMQ and our promises: synced within a second, nothing evicted. */
const SETTINGS = ['--appendonly', 'yes', '--appendfsync', 'everysec', '--maxmemory-policy', 'noeviction', '--save', ''];

/** The apps stop at the same time and may still write. */
const WHEN_ABANDONED = 'sleep 3; kill -TERM "$1"';

type Address = { readonly port: number; readonly password: string };

const urlOf = ({ port, password }: Address) => `redis://:${password}@127.0.0.1:${port}`;

async function addressOfLastStart(urlFile: string): Promise<Address | undefined> {
  const url = URL.parse(await readFile(urlFile, 'utf8').catch(() => ''));
  return url && url.password !== '' && Number(url.port) > 0 ? { port: Number(url.port), password: url.password } : undefined;
}

type EmbeddedOptions = {
  /** `.ringback` in it holds data and caches. */
  readonly folder: string;
  /** Prints a line or a banner. */
  readonly say: (text: string) => void;
  /** Stops the search. */
  readonly signal: AbortSignal;
  /** The server for a machine that has no real one. Default: an error. */
  readonly lastResort?: () => RedisServerSpec;
};

/**
 * The best Redis of this machine, with its data in `.ringback/redis`. The caller MUST hold the start lock.
 * @throws Error if no server comes up
 */
export async function startEmbeddedRedis({ folder, say, signal, lastResort }: EmbeddedOptions): Promise<RedisServer> {
  const state = join(folder, '.ringback');
  const dir = join(state, 'redis');
  const urlFile = join(state, 'redis.url');
  const last = await addressOfLastStart(urlFile);
  if (last !== undefined) await endLeftOver(dir, last);
  const found = await findRedis({ cache: join(state, 'cache'), signal });
  signal.throwIfAborted();
  const spec = 'spec' in found ? found.spec : otherwise(found.reasons, { say, lastResort });
  // The same as before, in case a person noted it.
  const password = last?.password ?? newPassword();
  const port = await freePort(last?.port);
  await mkdir(state, { recursive: true });
  await makePrivateFolder(dir);
  // MUST be written before the server runs: the next start finds a leftover server by it.
  await writePrivateFile(urlFile, `${urlOf({ port, password })}\n`);
  const server = await startRedis({ spec, dir, port, password, settings: SETTINGS, whenAbandoned: WHEN_ABANDONED });
  const data = spec.way === 'JavaScript' ? '' : ', data in .ringback/redis';
  say(`redis    is up at ${withoutPassword(server.url)}: ${spec.label}${data}, URL with its password in .ringback/redis.url`);
  return server;
}

function otherwise(
  reasons: readonly string[],
  { say, lastResort }: Pick<EmbeddedOptions, 'say'> & { lastResort: EmbeddedOptions['lastResort'] },
): RedisServerSpec {
  const why = reasons.map((reason) => `  - ${reason}`).join('\n');
  if (lastResort === undefined) {
    throw new Error(`No Redis: install redis-server or valkey-server, or set REDIS_URL. Looked for one:\n${why}\n`);
  }
  say(`${JAVASCRIPT_BANNER}\n${why}`);
  return lastResort();
}
