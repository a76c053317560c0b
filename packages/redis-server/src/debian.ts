import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { WayResult } from './server-spec.ts';

const execute = promisify(execFile);

/** Packages of Debian, and the programs in them. */
export type ServerPackage = 'redis-server' | 'valkey-server';

const NETWORK_WITHIN_MS = 180_000;
const ABANDONED_AFTER_MS = 3_600_000;

/** Release and processor: machines may share a checkout. */
async function releaseName(file: string): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const field = (name: string) => new RegExp(`^${name}="?([\\w.-]+)`, 'm').exec(text)?.[1] ?? '';
  const isDebian = /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(text);
  return isDebian ? `${field('ID')}-${field('VERSION_ID')}-${process.arch}` : undefined;
}

type Run = (command: string, args: readonly string[], cwd?: string) => Promise<string>;

/** Resolves to stdout. */
function createRun(signal: AbortSignal): Run {
  return async (command, args, cwd) => (await execute(command, args, { cwd, signal, timeout: NETWORK_WITHIN_MS })).stdout;
}

/** Own lists: works without root and with stale or empty system lists. */
async function privateApt(run: Run, folder: string): Promise<string[]> {
  const lists = join(folder, 'apt', 'lists');
  const archives = join(folder, 'apt', 'archives');
  await Promise.all([mkdir(join(lists, 'partial'), { recursive: true }), mkdir(join(archives, 'partial'), { recursive: true })]);
  const settings = [
    `Dir::State::Lists=${lists}`,
    `Dir::Cache=${join(folder, 'apt')}`,
    `Dir::Cache::Archives=${archives}`,
    'APT::Sandbox::User=',
    'Debug::NoLocking=1',
  ];
  const options = settings.flatMap((setting) => ['-o', setting]);
  await run('apt-get', [...options, '-qq', 'update']);
  return options;
}

type Download = { readonly aptOptions?: readonly string[]; readonly folder: string };

/** The package and its missing dependencies. apt checks the signatures. */
async function download(run: Run, program: ServerPackage, { aptOptions = [], folder }: Download): Promise<void> {
  const plan = ['-qq', '--print-uris', '--no-install-recommends', '-y', 'install', program];
  const stdout = await run('apt-get', [...aptOptions, ...plan]);
  // Lines are: 'https://…' <file name> <size> <hash>. A file name is <package>_<version>_<architecture>.deb.
  const names = [...stdout.matchAll(/^'[^']*' ([^_\s]+)_/gm)].flatMap((line) => line[1] ?? []);
  if (!names.includes(program)) throw new Error(`apt-get knows no ${program} to download`);
  const sandbox = ['-o', 'APT::Sandbox::User='];
  await run('apt-get', [...sandbox, ...aptOptions, '-qq', 'download', ...names], folder);
}

async function unpack(run: Run, folder: string, target: string): Promise<void> {
  const packages = (await readdir(folder)).filter((name) => name.endsWith('.deb'));
  for (const name of packages) await run('dpkg-deb', ['--extract', join(folder, name), target]);
}

async function libraryPath(tree: string): Promise<string> {
  const roots = [join(tree, 'usr', 'lib'), join(tree, 'lib')].filter((path) => existsSync(path));
  const inner = await Promise.all(roots.map(async (root) => (await readdir(root)).map((name) => join(root, name))));
  return [...roots, ...inner.flat().filter((path) => /-linux-/.test(path))].join(':');
}

async function specOf(tree: string, program: ServerPackage): Promise<WayResult> {
  const command = join(tree, 'usr', 'bin', program);
  const env = { LD_LIBRARY_PATH: await libraryPath(tree) };
  const { stdout } = await execute(command, ['--version'], { env: { ...process.env, ...env }, timeout: 5000 });
  const version = /v=([\d.]+)/.exec(stdout)?.[1] ?? '';
  const label = `${program} ${version} from Debian's packages, unpacked under .ringback/cache`;
  return { spec: { way: 'Debian packages', label, command, args: [], env } };
}

async function removeAbandoned(cache: string): Promise<void> {
  const names = (await readdir(cache)).filter((name) => name.startsWith('unpacking-'));
  for (const name of names) {
    const path = join(cache, name);
    const made = await stat(path).catch(() => undefined);
    if (made !== undefined && Date.now() - made.mtimeMs > ABANDONED_AFTER_MS) await rm(path, { recursive: true, force: true });
  }
}

/** MUST be complete or absent: it appears by one rename. Two processes may do this at once. */
async function build(run: Run, program: ServerPackage, { cache, tree }: { cache: string; tree: string }): Promise<void> {
  await removeAbandoned(cache);
  const work = await mkdtemp(join(cache, 'unpacking-'));
  try {
    await download(run, program, { folder: work }).catch(async () =>
      download(run, program, { folder: work, aptOptions: await privateApt(run, work) }),
    );
    await unpack(run, work, join(work, 'tree'));
    await specOf(join(work, 'tree'), program);
    await rename(join(work, 'tree'), tree).catch((error: unknown) => {
      if (!existsSync(tree)) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** A server from Debian's or Ubuntu's packages, unpacked into `cache`. Needs no root. */
export async function redisFromDebian(options: {
  readonly cache: string;
  readonly signal: AbortSignal;
  readonly osRelease?: string;
  /** Default: redis-server. */
  readonly program?: ServerPackage;
}): Promise<WayResult> {
  const { cache, signal, osRelease = '/etc/os-release', program = 'redis-server' } = options;
  const release = await releaseName(osRelease);
  if (release === undefined) return { unavailable: 'not Debian or Ubuntu' };
  const tree = join(cache, `${program.replace('-server', '')}-${release}`);
  try {
    await mkdir(cache, { recursive: true });
    if (!existsSync(tree)) await build(createRun(signal), program, { cache, tree });
    return await specOf(tree, program);
  } catch (error) {
    const reason = error instanceof Error ? error.message.trim().split('\n').slice(-3).join('; ') : String(error);
    return { unavailable: `Debian's packages could not be had (${reason})` };
  }
}
