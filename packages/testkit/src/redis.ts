import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject, onTestFinished } from 'vitest';
// The servers that tests start and the one that `npm start` embeds are run by the same code.
import { type RedisServer, startRedis } from '../../../scripts/redis/server.ts';
import type { RedisServerSpec } from '../../../scripts/redis/server-spec.ts';

export { freePort } from '../../../scripts/redis/free-port.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The run's shared Redis; set by the global setup. */
    redisUrl: string;
    /** How to run a private one. */
    redisSpec: RedisServerSpec;
  }
}

/** The run's shared, real Redis, and a key prefix that no other call gets. Without colon: BullMQ and ioredis add what separators they need. */
export function testRedis(): { url: string; prefix: string } {
  return { url: inject('redisUrl'), prefix: `test-${randomUUID()}` };
}

export type PrivateRedisOptions = {
  /** Without it the server keeps nothing on disk. */
  readonly appendfsync?: 'always' | 'everysec' | 'no';
  /** Further redis-server arguments, e.g. `['--maxmemory', '20mb']`. */
  readonly settings?: readonly string[];
};

/** A Redis server that a test may do anything to. Its port and data stay the same over `start`. */
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
  /** Kills it and removes its data. Called by itself at the end of the test. */
  remove(): Promise<void>;
};

/** Registers the clean-up with the running test; outside a test (in a hook) the caller calls `remove`. */
function removeAfterTest(remove: () => Promise<void>): void {
  try {
    onTestFinished(remove);
  } catch {
    // Not within a test. Should the caller forget: the guard of scripts/redis ends the server with this process.
  }
}

/**
 * A private Redis server, gone after the test. Called in a hook, it lives until `remove()`, and at most as long as this process.
 * @throws Error with redis-server's words when it does not come up.
 */
export async function startRedisServer(options: PrivateRedisOptions = {}): Promise<PrivateRedis> {
  const dir = await mkdtemp(join(tmpdir(), 'ringback-redis-'));
  const { appendfsync } = options;
  const keeping = appendfsync === undefined ? ['--appendonly', 'no'] : ['--appendonly', 'yes', '--appendfsync', appendfsync];
  const settings = [...keeping, '--save', '', '--maxmemory-policy', 'noeviction', ...(options.settings ?? [])];
  const start = (port?: number): Promise<RedisServer> =>
    startRedis({ spec: inject('redisSpec'), dir, port, settings, whenAbandoned: 'kill -KILL "$1"; rm -rf "$2"' });
  let server = await start();
  const { url, port } = server;
  const kill = async () => {
    server.signal('SIGKILL');
    await server.ended;
  };
  const remove = async () => {
    await kill();
    await rm(dir, { recursive: true, force: true });
  };
  removeAfterTest(remove);
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
    remove,
  };
}
