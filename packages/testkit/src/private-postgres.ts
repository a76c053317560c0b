import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { until } from '@ringback/redis-server';
import { findPostgres, type PreparedPostgres, preparePostgres, startPostgres } from '@ringback/postgres-server';
import { STATE_FOLDER } from './find-redis.ts';

/** Keeps port and data over restarts. */
export type PrivatePostgres = {
  /** Of the database `postgres`, as superuser. */
  readonly url: string;
  readonly port: number;
  /** Its data folder, for files that a test puts there. */
  readonly dir: string;
  /** Ends its sessions; all data is on disk then. */
  stop(): Promise<void>;
  /** As a crash: it recovers when it starts again. */
  kill(): Promise<void>;
  /** SIGKILL to all of its processes. */
  killHard(): Promise<void>;
  /** On the same port and data. `settings` in place of those of the last start. */
  start(settings?: readonly string[]): Promise<void>;
  /** With its data. */
  remove(): Promise<void>;
};

/** For a run of many servers. `remove` removes what it prepared. @throws Error that says why there is none */
export async function prepareTestPostgres(signal: AbortSignal): Promise<PreparedPostgres & { remove(): Promise<void> }> {
  const found = await findPostgres({ cache: `${STATE_FOLDER}/cache`, signal });
  if ('reasons' in found) {
    const why = found.reasons.map((reason) => `  - ${reason}`).join('\n');
    throw new Error(`The tests need a real PostgreSQL, and this machine has none:\n${why}\nInstall postgresql.`);
  }
  const folder = await mkdtemp(join(tmpdir(), 'ringback-postgres-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    return { ...(await preparePostgres(found.spec, folder)), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

const ENDS_WITHIN_MS = 30_000;
const run = promisify(execFile);

/** Of this machine; those of a container may be missing. */
async function processes() {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=,stat=']);
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  return rows.map(([pid, parent, state = '']) => ({ pid: Number(pid), parent: Number(parent), alive: !state.startsWith('Z') }));
}

function endNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself, as its server did.
  }
}

/** Runs until `remove()`, at most as long as this process. @throws Error with PostgreSQL's words */
export async function runPrivatePostgres(prepared: PreparedPostgres, settings: readonly string[] = []): Promise<PrivatePostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'ringback-postgres-'));
  await chmod(folder, 0o711);
  const dir = join(folder, 'data');
  let server = await startPostgres({ prepared, dir, settings });
  const { url, port } = server;
  const kill = async () => {
    server.signal('SIGQUIT');
    await server.ended;
  };
  return {
    url,
    port,
    dir,
    stop: () => server.stop(),
    kill,
    async killHard() {
      const children = (await processes()).filter(({ parent }) => parent === server.child.pid).map(({ pid }) => pid);
      server.signal('SIGKILL');
      for (const pid of children) endNow(pid);
      await server.ended;
      // What they share MUST be gone before a new server starts on the data.
      const gone = async () => !(await processes()).some(({ pid, alive }) => alive && children.includes(pid));
      await until(gone, { withinMs: ENDS_WITHIN_MS, what: () => 'the end of the sessions of a killed PostgreSQL' });
    },
    start: async (changed = settings) => {
      server = await startPostgres({ prepared, dir, port, settings: changed });
    },
    remove: async () => {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
