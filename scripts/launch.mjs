// node scripts/launch.mjs <command> [arguments]: what every npm script of this project runs. It needs Node 20 or later and npm, nothing else.
//
// 1. It installs the dependencies where they are missing or stale (install.mjs).
// 2. It picks the Node to run on. The one pinned in package.json (24, from the registry like any package) wherever it starts, which is Linux
//    with glibc on x64 and arm64: so that what runs is what was tested. Elsewhere (macOS, Alpine), and with RINGBACK_NODE=host, the one that
//    runs this file, if it strips types by itself and the dependencies take it: 22.22 and later, or 24 and later.
// 3. It runs the command there and ends as it ends, with its exit code or by its signal. Signals go down one by one: the command has a session
//    of its own, so a Ctrl-C, which the terminal sends to every process and npm passes on once more, reaches it once. Should npm go without
//    a word (watch-npm.mjs) or this process be killed (follow-parent.mjs), the command is stopped.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ensureInstalled } from './install.mjs';
import { watchNpm } from './watch-npm.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const OLDEST_LAUNCHER_NODE = 20;
const SAME_SIGNAL_WITHIN_MS = 500;

const COMMANDS = {
  start: ['scripts/start.ts'],
  ingress: ['apps/ingress/src/main.ts'],
  worker: ['apps/worker/src/main.ts'],
  ringback: ['apps/cli/src/main.ts'],
  test: ['node_modules/vitest/vitest.mjs', 'run'],
  chaos: ['chaos/main.ts'],
  fuzz: ['chaos/fuzz/main.ts'],
  bench: ['bench/main.ts'],
  check: ['scripts/check.ts'],
  fix: ['scripts/check.ts', '--fix'],
};

/** Ends this process with a message for the person in front of it. */
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

function run(node, args, onNpmGone) {
  const follow = pathToFileURL(join(ROOT, 'scripts', 'follow-parent.mjs')).href;
  const flags = ['--disable-warning=ExperimentalWarning', '--import', follow];
  // npm runs us in the project's folder, and says where the person is: paths on the command line are meant from there.
  const env = { ...process.env, RINGBACK_CALLER_FOLDER: process.env.INIT_CWD ?? process.cwd() };
  const options = { cwd: ROOT, env, stdio: ['inherit', 'inherit', 'inherit', 'ipc'], detached: true };
  const child = spawn(node, [...flags, ...args], options);
  const lastSent = new Map();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      const now = performance.now();
      if (now - (lastSent.get(signal) ?? -Infinity) > SAME_SIGNAL_WITHIN_MS) child.kill(signal);
      lastSent.set(signal, now);
    });
  }
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
