import { type ChildProcess, type ChildProcessByStdio, execFile, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { freePort, guard, until } from '@ringback/server-programs';
import { ADMIN, fillIn, giveTo, type PreparedPostgres } from './prepare.ts';

const copy = promisify(execFile);
const READY_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 10_000;
const PORT_TRIES = 5;

export type PostgresServerOptions = {
  readonly prepared: PreparedPostgres;
  /** Data folder, a copy of the template if missing. MUST NOT be shared with another server. Its parent MUST exist. */
  readonly dir: string;
  /** Default: a free one. */
  readonly port?: number | undefined;
  /** Such as `['fsync=off']`. */
  readonly settings: readonly string[];
};

/** In its own session: a Ctrl-C does not reach it. It ends, with its folder, if this process ends. */
export type PostgresServer = {
  /** Of the database `postgres`, as superuser, with the password. */
  readonly url: string;
  readonly port: number;
  readonly child: ChildProcess;
  /** Resolves with a line that says how it ended. */
  readonly ended: Promise<string>;
  /** SIGQUIT ends it at once, as a crash does: SIGKILL would leave its children. */
  signal(name: NodeJS.Signals): void;
  /** Ends all sessions. SIGQUIT after 10 s. */
  stop(): Promise<void>;
};

/** Its last line but one says how far it is: https://www.postgresql.org/docs/current/app-pg-ctl.html */
async function isReady(dir: string, pid: number | undefined): Promise<boolean> {
  const lines = (await readFile(join(dir, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  return (pid === undefined || lines[0] === String(pid)) && /^(ready|standby)/.test(lines[7] ?? '');
}

/** Undefined if ready, else the reason. */
async function untilReady(
  { child, ended, port }: PostgresServer,
  { dir, prepared }: PostgresServerOptions,
): Promise<string | undefined> {
  let end: string | undefined;
  void (async () => {
    end = await ended;
  })();
  const pid = prepared.spec.kill === undefined ? child.pid : undefined;
  const what = () => `PostgreSQL on port ${port} is ready`;
  await until(async () => end !== undefined || (await isReady(dir, pid)), { withinMs: READY_WITHIN_MS, what });
  return end;
}

function spawnProgram(
  { prepared, dir, settings }: PostgresServerOptions,
  port: number,
): ChildProcessByStdio<null, Readable, Readable> {
  const { spec } = prepared;
  const [command = '', ...args] = fillIn(spec.postgres, { port: String(port), dir });
  const own = [`port=${port}`, `listen_addresses=${spec.listen ?? '127.0.0.1'}`, 'unix_socket_directories=', 'log_timezone=GMT'];
  const options = [...own, 'timezone=GMT', ...settings].flatMap((setting) => ['-c', setting]);
  const env = { ...process.env, ...spec.env, TZ: 'GMT' };
  const asUser = spec.kill === undefined ? spec.user : undefined;
  return spawn(command, [...args, '-D', dir, ...options], {
    env,
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    ...asUser,
  });
}

/** Keeps the last words. */
function lastWords(child: ChildProcessByStdio<null, Readable, Readable>): () => string {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-4000);
    });
  }
  return () => output.trimEnd();
}

function spawnServer(options: PostgresServerOptions, port: number): PostgresServer {
  const { prepared, dir } = options;
  const child = spawnProgram(options, port);
  const words = lastWords(child);
  const killLine = (name: string) => fillIn(prepared.spec.kill ?? [], { port: String(port), signal: name });
  const quoted = killLine('QUIT')
    .map((word) => `'${word}'`)
    .join(' ');
  const callOff = guard(`${quoted}\nkill -QUIT "$1"; while kill -0 "$1"; do sleep 0.1; done; rm -rf "$2"`, [
    String(child.pid),
    dir,
  ]);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(`postgres ended (${signal ?? `exit code ${code}`}):\n${words()}`));
  }).finally(callOff);
  const signal = (name: NodeJS.Signals) => {
    const [program, ...args] = killLine(name);
    if (program === undefined) child.kill(name);
    else spawnSync(program, args, { stdio: 'ignore' });
  };
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const force = setTimeout(() => signal('SIGQUIT'), STOP_WITHIN_MS);
    signal('SIGINT');
    await ended;
    clearTimeout(force);
  };
  return { url: `postgres://${ADMIN}:${prepared.password}@127.0.0.1:${port}/postgres`, port, child, ended, signal, stop };
}

/** Resolves once it serves. @throws Error with the server's last words */
export async function startPostgres(options: PostgresServerOptions): Promise<PostgresServer> {
  const { dir, prepared } = options;
  if (!existsSync(join(dir, 'PG_VERSION'))) {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    await giveTo(dir, prepared.spec.user);
    // cp keeps the owner.
    await copy('cp', ['-a', `${prepared.template}/.`, dir]);
  }
  let problem = '';
  for (let attempt = 0; attempt < PORT_TRIES; attempt += 1) {
    const server = spawnServer(options, options.port ?? (await freePort()));
    const failure = await untilReady(server, options);
    if (failure === undefined) return server;
    problem = failure;
    if (options.port !== undefined || !/address already in use/i.test(problem)) break;
  }
  throw new Error(problem);
}
