import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, chown, cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { versionOf } from './on-path.ts';
import type { PostgresServerSpec, SystemUser } from './server-spec.ts';

const run = promisify(execFile);
const INITDB_WITHIN_MS = 120_000;
export const ADMIN = 'postgres';

/** With passwords only, also from a container's network. */
const ACCESS = 'host all all all scram-sha-256\nhost replication all all scram-sha-256\n';

/** A server that can be started many times: each takes a copy of the data folder `template`. */
export type PreparedPostgres = {
  readonly spec: PostgresServerSpec;
  readonly template: string;
  /** Of the superuser `postgres`. */
  readonly password: string;
};

export async function giveTo(path: string, user: SystemUser | undefined): Promise<void> {
  if (user !== undefined) await chown(path, user.uid, user.gid);
}

/** In place of `{port}` and `{dir}`. */
export function fillIn(words: readonly string[], values: Readonly<Record<string, string>>): string[] {
  const fill = (word: string) =>
    Object.entries(values).reduce((text, [name, value]) => text.replaceAll(`{${name}}`, value), word);
  return words.map(fill);
}

/** Copies programs that the server's user cannot reach: a checkout in root's own folder. */
async function reachable(spec: PostgresServerSpec, folder: string): Promise<PostgresServerSpec> {
  const { tree, env, user } = spec;
  if (tree === undefined || user === undefined) return spec;
  const found = { bin: dirname(spec.postgres[0] ?? ''), env, signal: AbortSignal.timeout(INITDB_WITHIN_MS) };
  if (await versionOf(found, user).then(Boolean, () => false)) return spec;
  const copy = join(folder, 'programs');
  await cp(tree, copy, { recursive: true, verbatimSymlinks: true });
  const moved = (text: string) => text.replaceAll(tree, copy);
  const movedEnv = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, moved(value)]));
  return { ...spec, tree: copy, initdb: spec.initdb.map(moved), postgres: spec.postgres.map(moved), env: movedEnv };
}

/**
 * Makes a template in `folder`, which is created if it is missing and removed by the caller.
 * @throws Error with initdb's last words
 */
export async function preparePostgres(found: PostgresServerSpec, folder: string): Promise<PreparedPostgres> {
  const template = join(folder, 'template');
  const passwordFile = join(template, 'password');
  const data = join(template, 'data');
  await mkdir(template, { recursive: true });
  // Others may pass through: what lies within is closed to them.
  await chmod(folder, 0o711);
  const spec = await reachable(found, folder);
  await giveTo(template, spec.user);
  const password = randomBytes(16).toString('hex');
  await writeFile(passwordFile, password, { mode: 0o600 });
  await giveTo(passwordFile, spec.user);
  const [command = '', ...args] = fillIn(spec.initdb, { dir: template });
  const own = [
    '--no-sync',
    '--encoding=UTF8',
    '--locale=C',
    '--auth=scram-sha-256',
    `--username=${ADMIN}`,
    `--pwfile=${passwordFile}`,
  ];
  const environment = { env: { ...process.env, ...spec.env, TZ: 'GMT' }, cwd: '/' };
  const asUser = spec.kill === undefined ? spec.user : undefined;
  await run(command, [...args, ...own, '-D', data], { ...environment, timeout: INITDB_WITHIN_MS, ...asUser });
  await writeFile(join(data, 'pg_hba.conf'), ACCESS);
  await rm(passwordFile);
  return { spec, template: data, password };
}
