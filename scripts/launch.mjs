// node scripts/launch.mjs <command> [arguments]: every npm script runs this. Needs Node 20 or later and npm.
//
// 1. Installs missing or stale dependencies (install.mjs).
// 2. Runs the command on the Node pinned in package.json where that exists (Linux, glibc, x64 and arm64).
//    Elsewhere, and with RINGBACK_NODE=host, on this Node if it is 22.22 or later, or 24 or later.
// 3. Hands signals on; a SIGHUP of a closed terminal as SIGTERM. Ends with the command's exit code or signal.
//    The command has its own session: otherwise Ctrl-C would reach it twice, from the terminal and from npm.
//    It stops if npm (watch-npm.mjs) or we are killed.
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, constants, existsSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ensureInstalled } from './install.mjs';
import { watchNpm } from './watch-npm.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const OLDEST_LAUNCHER_NODE = 20;
const SAME_SIGNAL_WITHIN_MS = 500;

const COMMANDS = {
  start: ['scripts/start.ts'],
  cluster: ['scripts/cluster.ts'],
  ingress: ['apps/ingress/src/main.ts'],
  worker: ['apps/worker/src/main.ts'],
  ringback: ['apps/cli/src/main.ts'],
  test: ['node_modules/vitest/vitest.mjs', 'run'],
  chaos: ['chaos/main.ts'],
  fuzz: ['chaos/fuzz/main.ts'],
  bench: ['bench/main.ts'],
  pack: ['scripts/pack.ts'],
  release: ['scripts/release.ts'],
  check: ['scripts/check.ts'],
  fix: ['scripts/check.ts', '--fix'],
};

function fail(message) {
  process.stderr.write(`ringback: ${message}\n`);
  process.exit(1);
}

function hostIsRecent() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major >= 24 || (major === 22 && minor >= 22);
}

function pickNode() {
  const pinned = join(ROOT, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node');
  const wantsHost = process.env.RINGBACK_NODE === 'host';
  if (!wantsHost && existsSync(pinned) && spawnSync(pinned, ['--version']).status === 0) return pinned;
  if (!hostIsRecent()) fail(`Node ${process.versions.node} is too old here: install Node 24.`);
  return process.execPath;
}

/** As `watchTerminal` of the apps, which cannot be loaded here. */
function hasTerminal() {
  try {
    closeSync(openSync('/dev/tty', constants.O_RDONLY | constants.O_NOCTTY | constants.O_NONBLOCK));
    return true;
  } catch {
    return false;
  }
}

function run(node, args, onNpmGone) {
  const follow = pathToFileURL(join(ROOT, 'scripts', 'follow-parent.mjs')).href;
  const flags = ['--disable-warning=ExperimentalWarning', '--import', follow];
  // npm runs us in the project's folder. Paths on the command line are relative to the caller's.
  // Node keeps there what it stripped and compiled. A folder that cannot be written is passed over.
  const compiled = { NODE_COMPILE_CACHE: join(ROOT, 'node_modules', '.cache', 'ringback-compiled') };
  const env = { ...compiled, ...process.env, RINGBACK_CALLER_FOLDER: process.env.INIT_CWD ?? process.cwd() };
  const options = { cwd: ROOT, env, stdio: ['inherit', 'inherit', 'inherit', 'ipc'], detached: true };
  const lastSent = new Map();
  // The command has no terminal, so it could not tell.
  const hadTerminal = hasTerminal();
  const sent = (signal) => (signal === 'SIGHUP' && hadTerminal && !hasTerminal() ? 'SIGTERM' : signal);
  let child;
  // MUST come before the child runs: a signal without a listener would end only us. It is heard after `spawn`.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      const now = performance.now();
      if (now - (lastSent.get(signal) ?? -Infinity) > SAME_SIGNAL_WITHIN_MS) child.kill(sent(signal));
      lastSent.set(signal, now);
    });
  }
  child = spawn(node, [...flags, ...args], options);
  onNpmGone(() => child.kill('SIGTERM'));
  child.once('error', (error) => fail(error.message));
  child.once('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

const onNpmGone = watchNpm();
const [command = '', ...args] = process.argv.slice(2);
const words = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
if (words === undefined) fail(`no command "${command}"; there are: ${Object.keys(COMMANDS).join(', ')}`);
if (Number.parseInt(process.versions.node, 10) < OLDEST_LAUNCHER_NODE) {
  fail(`Node ${process.versions.node} is too old: install Node ${OLDEST_LAUNCHER_NODE} or later, best 24.`);
}
try {
  await ensureInstalled(ROOT);
} catch (error) {
  fail(error.message);
}
run(pickNode(), [...words, ...args], onNpmGone);
