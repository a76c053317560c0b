import { execFile } from 'node:child_process';
import { readdir, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { locateProgram } from '@ringback/server-programs';
import type { PostgresServerSpec, SystemUser, WayResult } from './server-spec.ts';

const run = promisify(execFile);

/** The history needs it. */
const OLDEST = 14;
/** Debian puts the programs there, and not on PATH. */
const DEBIAN = '/usr/lib/postgresql';

type Found = { readonly bin: string; readonly env?: Readonly<Record<string, string>>; readonly signal: AbortSignal };

/** `user` undefined: ourselves. @throws Error if it cannot be run */
export async function versionOf({ bin, env, signal }: Found, user: SystemUser | undefined): Promise<string> {
  const options = { env: { ...process.env, ...env }, timeout: 5000, signal, cwd: '/', ...user };
  await run(join(bin, 'initdb'), ['--version'], options);
  const { stdout } = await run(join(bin, 'postgres'), ['--version'], options);
  return /PostgreSQL\) (\d+[.\w]*)/.exec(stdout)?.[1] ?? '';
}

async function specOf(found: Found, user: SystemUser | undefined, place: string): Promise<WayResult> {
  const { bin } = found;
  try {
    const version = await versionOf(found, user);
    if (version === '') return { unavailable: `${bin}/postgres says no version` };
    if (Number.parseInt(version, 10) < OLDEST) return { unavailable: `${bin}/postgres is older than ${OLDEST}` };
    return {
      spec: { way: 'on PATH', label: `PostgreSQL ${version} ${place}`, ...programsIn(bin), env: {}, ...(user && { user }) },
    };
  } catch {
    return {
      unavailable: `${bin}/postgres or initdb cannot be run${user && ` as user ${user.uid}, and PostgreSQL refuses root`}`,
    };
  }
}

export function programsIn(bin: string): Pick<PostgresServerSpec, 'initdb' | 'postgres'> {
  return { initdb: [join(bin, 'initdb')], postgres: [join(bin, 'postgres')] };
}

/** Folders of programs under Debian's, the newest first. */
async function debianFolders(folder: string): Promise<string[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => /^\d+$/.test(name));
  return names.toSorted((a, b) => Number(b) - Number(a)).map((name) => join(folder, name, 'bin'));
}

/** PostgreSQL that is installed: `postgres` on PATH with `initdb` beside it, or where Debian puts it. */
export async function postgresInstalled(
  signal: AbortSignal,
  { user, debian = DEBIAN }: { readonly user: SystemUser | undefined; readonly debian?: string },
): Promise<WayResult> {
  const onPath = await locateProgram('postgres');
  const results: WayResult[] = onPath === undefined ? [{ unavailable: 'no postgres on PATH' }] : [];
  if (onPath !== undefined) results.push(await specOf({ bin: dirname(await realpath(onPath)), signal }, user, 'on PATH'));
  const folders = await debianFolders(debian);
  if (folders.length === 0) results.push({ unavailable: `none in ${debian}` });
  for (const bin of folders) results.push(await specOf({ bin, signal }, user, `in ${bin}`));
  const found = results.find((result) => 'spec' in result);
  if (found !== undefined) return found;
  return { unavailable: results.flatMap((result) => ('unavailable' in result ? [result.unavailable] : [])).join(', ') };
}
