import { type ChildProcess, type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { freePort, guard, PRIVATE_UMASK, writePrivateFile } from '@ringback/server-programs';
import type { RedisServerSpec } from './server-spec.ts';

const READY_WITHIN_MS = 30_000;
const STOP_WITHIN_MS = 10_000;
const PORT_TRIES = 5;

export type RedisServerTls = Readonly<Record<'ca' | 'cert' | 'key' | 'servername', string>>;

export type RedisServerOptions = {
  readonly spec: RedisServerSpec;
  /** Data folder, created if missing. MUST NOT be shared with another server. */
  readonly dir: string;
  /** Default: a free one. */
  readonly port?: number | undefined;
  /** URL-safe. Passed in a file: others can read command lines. */
  readonly password?: string | undefined;
  /** PEM texts for our own connection. Present: the server speaks TLS and nothing else; `settings` name its files. */
  readonly tls?: RedisServerTls | undefined;
  /** Such as `['--appendonly', 'yes']`. */
  readonly settings: readonly string[];
  /** POSIX sh (`$1`: the server's pid, `$2`: `dir`), run if this process ends without stopping the server. */
  readonly whenAbandoned: string;
};

/** In its own session: a Ctrl-C does not reach it. */
export type RedisServer = {
  /** With its password. */
  readonly url: string;
  readonly port: number;
  readonly child: ChildProcess;
  /** Resolves with a line that says how it ended. */
  readonly ended: Promise<string>;
  /** Also to a server in a container. */
  signal(name: NodeJS.Signals): void;
  /** SIGTERM, and SIGKILL after 10 s. */
  stop(): Promise<void>;
};

function describeEnd(code: number | null, signal: NodeJS.Signals | null, output: string): string {
  return `redis-server ended (${signal ?? `exit code ${code}`})${output === '' ? '' : `:\n${output.trimEnd()}`}`;
}

/** Undefined if ready, else the reason. */
async function untilReady({ url, port, ended }: RedisServer, tls?: RedisServerTls): Promise<string | undefined> {
  const redis = new Redis(url, { retryStrategy: () => 25, maxRetriesPerRequest: null, ...(tls && { tls }) });
  redis.on('error', () => {});
  const late = new AbortController();
  try {
    return await Promise.race([
      new Promise<undefined>((resolve) => redis.once('ready', () => resolve(undefined))),
      ended,
      delay(READY_WITHIN_MS, `redis-server on port ${port} was not ready within ${READY_WITHIN_MS} ms`, { signal: late.signal }),
    ]);
  } finally {
    late.abort();
    redis.disconnect();
  }
}

const secretsFile = (dir: string) => join(dir, 'redis.conf');

/** The second line: a replica shows it to its primary. */
const secretsOf = (password: string) => `requirepass ${password}\nmasterauth ${password}\n`;

/** Its files hold callbacks. */
function spawnPrivately(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): ChildProcessByStdio<null, Readable, Readable> {
  const before = process.umask(PRIVATE_UMASK);
  try {
    return spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  } finally {
    process.umask(before);
  }
}

function spawnServer({ spec, dir, password, tls, settings, whenAbandoned }: RedisServerOptions, port: number): RedisServer {
  const fill = (text: string) => text.replaceAll('{port}', String(port)).replaceAll('{dir}', dir);
  const ports = tls ? ['--port', '0', '--tls-port', String(port)] : ['--port', String(port)];
  const place = [...ports, '--bind', spec.bind ?? '127.0.0.1', '--dir', dir];
  const secrets = password === undefined ? [] : ['--include', secretsFile(dir)];
  const child = spawnPrivately(spec.command, [...spec.args.map(fill), ...place, ...secrets, ...settings], spec.env);
  let output = '';
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-4000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const killLine = (name: string) => (spec.kill ?? []).map((part) => fill(part).replaceAll('{signal}', name));
  const callOff = guard(`${killLine('KILL').map(quote).join(' ')}\n${whenAbandoned}`, [String(child.pid), dir]);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`${spec.command}: ${error.message}`));
    child.once('close', (code, signal) => resolve(describeEnd(code, signal, output)));
  }).finally(callOff);
  const signal = (name: NodeJS.Signals) => {
    const [command, ...args] = killLine(name);
    if (command === undefined) child.kill(name);
    else spawnSync(command, args, { stdio: 'ignore' });
  };
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const force = setTimeout(() => signal('SIGKILL'), STOP_WITHIN_MS);
    signal('SIGTERM');
    await ended;
    clearTimeout(force);
  };
  const url = `${tls ? 'rediss' : 'redis'}://${password === undefined ? '' : `:${password}@`}127.0.0.1:${port}`;
  return { url, port, child, ended, signal, stop };
}

const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** Resolves once it serves. @throws Error with redis-server's last words */
export async function startRedis(options: RedisServerOptions): Promise<RedisServer> {
  const { dir, password } = options;
  await mkdir(dir, { recursive: true });
  if (password !== undefined) await writePrivateFile(secretsFile(dir), secretsOf(password));
  let problem = '';
  for (let attempt = 0; attempt < PORT_TRIES; attempt += 1) {
    const server = spawnServer(options, options.port ?? (await freePort()));
    const failure = await untilReady(server, options.tls);
    if (failure === undefined) return server;
    await server.stop();
    problem = failure;
    if (options.port !== undefined || !/address already in use/i.test(problem)) break;
  }
  throw new Error(problem);
}
