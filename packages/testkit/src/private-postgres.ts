import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
    start: async (changed = settings) => {
      server = await startPostgres({ prepared, dir, port, settings: changed });
    },
    remove: async () => {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
