// Installs missing or stale dependencies. Plain JavaScript for Node 20 and later: nothing is installed yet.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { lock } from './lock.mjs';

const PNPM = 'pnpm@12.21.0';
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

function manifests(root) {
  const inFolder = (folder) =>
    existsSync(join(root, folder)) ? readdirSync(join(root, folder)).map((name) => join(folder, name, 'package.json')) : [];
  return [
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    'package.json',
    ...inFolder('apps').toSorted(),
    ...inFolder('packages').toSorted(),
  ];
}

/** Changes when an install is needed. */
function fingerprint(root) {
  const hash = createHash('sha256').update(`${PNPM} ${process.platform} ${process.arch}\n`);
  for (const name of manifests(root)) {
    if (existsSync(join(root, name))) hash.update(`${name}\n`).update(readFileSync(join(root, name)));
  }
  return hash.digest('hex');
}

/** If the home folder is read-only, caches go into the project. */
function installEnv(root) {
  // Then pnpm asks nothing.
  const env = { ...process.env, CI: 'true' };
  try {
    accessSync(homedir(), constants.W_OK);
  } catch {
    env.HOME = join(root, '.ringback', 'home');
    delete env.npm_config_cache; // set by `npm test`, and in the home folder
    mkdirSync(env.HOME, { recursive: true });
  }
  // Not meant for npx below.
  for (const name of Object.keys(env)) if (/^npm_(package|lifecycle|command|execpath)/.test(name)) delete env[name];
  return env;
}

function explain(output) {
  const unreachable = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|network|ERR_PNPM_META_FETCH_FAIL/i.test(
    output,
  );
  return unreachable
    ? 'The package registry cannot be reached. Check the network, or the registry and proxy that npm is set to use.'
    : 'The dependencies could not be installed; the output above says why.';
}

function runQuietly(command, args, options) {
  return new Promise((resolve, reject) => {
    let child;
    const stop = (signal) => {
      child.kill(signal);
      child.once('exit', () => process.exit(1));
    };
    // MUST come before the child runs: a signal without a listener would end only us. It is heard after `spawn`.
    for (const signal of STOP_SIGNALS) process.once(signal, stop);
    child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    child.once('error', reject);
    child.once('close', (code) => {
      for (const signal of STOP_SIGNALS) process.off(signal, stop);
      resolve({ code, output });
    });
  });
}

/** @throws Error after pnpm's output has gone to stderr */
async function runInstall(root) {
  process.stderr.write('ringback: installing dependencies (the first time takes about half a minute) ...\n');
  const args = ['--yes', PNPM, 'install', '--frozen-lockfile'];
  const { code, output } = await runQuietly('npx', args, { cwd: root, env: installEnv(root) }).catch((error) => {
    throw new Error(`npx cannot be run (${error.message}): install npm, which comes with Node.`);
  });
  if (code === 0) return;
  process.stderr.write(`${output}\n`);
  throw new Error(explain(output));
}

/** Fast if nothing is to be done. Two processes take turns. @param {string} root the project's folder */
export async function ensureInstalled(root) {
  const stamp = join(root, 'node_modules', '.ringback-installed');
  const wanted = fingerprint(root);
  const isCurrent = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted;
  if (isCurrent()) return;
  const release = await lock(`${root} install`, () => process.stderr.write('ringback: waiting for another install ...\n'));
  try {
    if (isCurrent()) return;
    await runInstall(root);
    writeFileSync(stamp, wanted);
  } finally {
    release();
  }
}
