import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
// The servers that tests start and the one that `npm start` embeds are run by the same code.
import { type RedisServer, startRedis, type RedisServerSpec } from '@ringback/redis-server';

export type PrivateRedisOptions = {
  /** Without it the server keeps nothing on disk. */
  readonly appendfsync?: 'always' | 'everysec' | 'no';
  /** Further redis-server arguments, e.g. `['--maxmemory', '20mb']`. */
  readonly settings?: readonly string[];
};

/** A Redis server that its owner may do anything to. Its port and data stay the same over `start`. */
export type PrivateRedis = {
  readonly url: string;
  readonly port: number;
  /** SIGTERM, and wait for the end: everything is on disk. */
  stop(): Promise<void>;
  /** SIGKILL, and wait for the end: what was not yet on disk is lost. */
  kill(): Promise<void>;
  /** SIGSTOP: connections stay open, nothing is answered. */
  pause(): void;
  /** SIGCONT. */
  resume(): void;
  /** Starts it again, on the same port and data, after `stop` or `kill`. */
  start(): Promise<void>;
  /** Kills it and removes its data. */
  remove(): Promise<void>;
};

/**
 * Runs a private Redis server until `remove()`, and at most as long as this process.
 * @throws Error with redis-server's words when it does not come up.
 */
export async function runPrivateRedis(spec: RedisServerSpec, options: PrivateRedisOptions = {}): Promise<PrivateRedis> {
  const dir = await mkdtemp(join(tmpdir(), 'ringback-redis-'));
  const { appendfsync } = options;
  const keeping = appendfsync === undefined ? ['--appendonly', 'no'] : ['--appendonly', 'yes', '--appendfsync', appendfsync];
  const settings = [...keeping, '--save', '', '--maxmemory-policy', 'noeviction', ...(options.settings ?? [])];
  const start = (port?: number): Promise<RedisServer> =>
    startRedis({ spec, dir, port, settings, whenAbandoned: 'kill -KILL "$1"; rm -rf "$2"' });
  let server = await start();
  const { url, port } = server;
  const kill = async () => {
    server.signal('SIGKILL');
    await server.ended;
  };
  return {
    url,
    port,
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
