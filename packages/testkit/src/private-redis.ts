import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
// Tests and `npm start` run servers by the same code.
import { type RedisServer, startRedis, type RedisServerSpec, type RedisServerTls } from '@ringback/redis-server';

export type PrivateRedisOptions = {
  /** Absent: nothing is kept on disk. */
  readonly appendfsync?: 'always' | 'everysec' | 'no';
  /** Such as `['--maxmemory', '20mb']`. */
  readonly settings?: readonly string[];
  /** Keeps in a settings file of its own what it is told (CONFIG REWRITE). A sentinel always does. */
  readonly rewrites?: boolean;
  /** It has none of the settings by which a server keeps data. */
  readonly sentinel?: boolean;
  /** The server speaks nothing else: see `speakingTls`. */
  readonly tls?: RedisServerTls;
};

/** Keeps port and data over restarts. */
export type PrivateRedis = {
  readonly url: string;
  readonly port: number;
  /** How a client of it speaks TLS, if it does. */
  readonly tls: RedisServerTls | undefined;
  /** SIGTERM: all data is on disk then. */
  stop(): Promise<void>;
  /** SIGKILL: unsynced data is lost. */
  kill(): Promise<void>;
  /** SIGSTOP: connections stay open without answers. */
  pause(): void;
  /** SIGCONT. */
  resume(): void;
  /** On the same port and data. */
  start(): Promise<void>;
  /** With its data. */
  remove(): Promise<void>;
};

/** Runs until `remove()`, at most as long as this process. @throws Error with redis-server's words */
export async function runPrivateRedis(spec: RedisServerSpec, options: PrivateRedisOptions = {}): Promise<PrivateRedis> {
  const dir = await mkdtemp(join(tmpdir(), 'ringback-redis-'));
  const { appendfsync, tls } = options;
  const keeping = appendfsync === undefined ? ['--appendonly', 'no'] : ['--appendonly', 'yes', '--appendfsync', appendfsync];
  const own = options.sentinel ? [] : [...keeping, '--save', '', '--maxmemory-policy', 'noeviction'];
  const settings = [...own, ...(options.settings ?? [])];
  const args = [...spec.args, ...(await settingsFile(dir, options))];
  const start = (port?: number): Promise<RedisServer> =>
    startRedis({ spec: { ...spec, args }, dir, port, tls, settings, whenAbandoned: 'kill -KILL "$1"; rm -rf "$2"' });
  let server = await start();
  const { url, port } = server;
  const kill = async () => {
    server.signal('SIGKILL');
    await server.ended;
  };
  return {
    url,
    port,
    tls,
    stop: () => server.stop(),
    kill,
    pause: () => server.signal('SIGSTOP'),
    resume: () => server.signal('SIGCONT'),
    start: async () => {
      server = await start(port);
    },
    remove: async () => {
      await kill();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** What names it on the command line. */
async function settingsFile(dir: string, { rewrites, sentinel }: PrivateRedisOptions): Promise<readonly string[]> {
  if (!rewrites && !sentinel) return [];
  const path = join(dir, 'rewritten.conf');
  await writeFile(path, '');
  return sentinel ? [path, '--sentinel'] : [path];
}
