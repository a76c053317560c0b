import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

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

/** What is looked for in Debian's packages. */
export type WantedPackage<T> = {
  /** Names the folder in the cache. */
  readonly name: string;
  readonly package: string;
  /** Dependencies that are of no use to the program. */
  readonly without?: RegExp;
  /** Tries the program in the unpacked `tree`. @throws Error if it does not run */
  readonly probe: (tree: UnpackedTree) => Promise<T>;
};

/** `env`: by it the programs in the tree find their libraries. */
export type UnpackedTree = { readonly tree: string; readonly env: { readonly LD_LIBRARY_PATH: string } };

type Download = { readonly aptOptions?: readonly string[]; readonly folder: string };

/** The package and its missing dependencies. apt checks the signatures. */
async function download<T>(run: Run, wanted: WantedPackage<T>, { aptOptions = [], folder }: Download): Promise<void> {
  const plan = ['-qq', '--print-uris', '--no-install-recommends', '-y', 'install', wanted.package];
  const stdout = await run('apt-get', [...aptOptions, ...plan]);
  // Lines are: 'https://…' <file name> <size> <hash>. A file name is <package>_<version>_<architecture>.deb.
  const planned = [...stdout.matchAll(/^'[^']*' ([^_\s]+)_/gm)].flatMap((line) => line[1] ?? []);
  if (!planned.includes(wanted.package)) throw new Error(`apt-get knows no ${wanted.package} to download`);
  const names = planned.filter((name) => !wanted.without?.test(name));
  const sandbox = ['-o', 'APT::Sandbox::User='];
  await run('apt-get', [...sandbox, ...aptOptions, '-qq', 'download', ...names], folder);
}

async function unpack(run: Run, folder: string, target: string): Promise<void> {
  const packages = (await readdir(folder)).filter((name) => name.endsWith('.deb'));
  for (const name of packages) await run('dpkg-deb', ['--extract', join(folder, name), target]);
}

async function unpacked(tree: string): Promise<UnpackedTree> {
  const roots = [join(tree, 'usr', 'lib'), join(tree, 'lib')].filter((path) => existsSync(path));
  const inner = await Promise.all(roots.map(async (root) => (await readdir(root)).map((name) => join(root, name))));
  const folders = [...roots, ...inner.flat().filter((path) => /-linux-/.test(path))];
  return { tree, env: { LD_LIBRARY_PATH: folders.join(':') } };
}

async function removeAbandoned(cache: string): Promise<void> {
  const names = (await readdir(cache)).filter((name) => name.startsWith('unpacking-'));
  for (const name of names) {
    const path = join(cache, name);
    const made = await stat(path).catch(() => undefined);
    if (made !== undefined && Date.now() - made.mtimeMs > ABANDONED_AFTER_MS) await rm(path, { recursive: true, force: true });
  }
}

type Place = { readonly cache: string; readonly tree: string };

/** MUST be complete or absent: it appears by one rename. Two processes may do this at once. */
async function build<T>(run: Run, wanted: WantedPackage<T>, { cache, tree }: Place): Promise<void> {
  await removeAbandoned(cache);
  const work = await mkdtemp(join(cache, 'unpacking-'));
  try {
    await download(run, wanted, { folder: work }).catch(async () =>
      download(run, wanted, { folder: work, aptOptions: await privateApt(run, work) }),
    );
    await unpack(run, work, join(work, 'tree'));
    await wanted.probe(await unpacked(join(work, 'tree')));
    await rename(join(work, 'tree'), tree).catch((error: unknown) => {
      if (!existsSync(tree)) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** What `probe` says of a program from Debian's or Ubuntu's packages, unpacked into `cache`, or why not. Needs no root. */
export async function fromDebian<T>(
  wanted: WantedPackage<T>,
  options: { readonly cache: string; readonly signal: AbortSignal; readonly osRelease?: string | undefined },
): Promise<T | { readonly unavailable: string }> {
  const { cache, signal, osRelease = '/etc/os-release' } = options;
  const release = await releaseName(osRelease);
  if (release === undefined) return { unavailable: 'not Debian or Ubuntu' };
  const tree = join(cache, `${wanted.name}-${release}`);
  try {
    await mkdir(cache, { recursive: true });
    if (!existsSync(tree)) await build(createRun(signal), wanted, { cache, tree });
    return await wanted.probe(await unpacked(tree));
  } catch (error) {
    const reason = error instanceof Error ? error.message.trim().split('\n').slice(-3).join('; ') : String(error);
    return { unavailable: `Debian's packages could not be had (${reason})` };
  }
}
