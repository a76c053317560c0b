import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inject, onTestFinished } from 'vitest';

const SCRIPTS = fileURLToPath(new URL('.', import.meta.url));
const STOPS_WITHIN_MS = 10_000;

/** A copy of our scripts and a test's files. Removed after the test. */
export type Checkout = {
  readonly root: string;
  write(path: string, text: string): Promise<void>;
  /** Puts a shell script on the PATH of `run`. */
  program(name: string, script: string): Promise<void>;
  /** Puts the Redis of this test run on it. `before`: what its script does first. */
  redis(before?: string): Promise<void>;
  /** None if the file does not exist. */
  lines(path: string): Promise<string[]>;
  /** Node, in its own process group. */
  run(args: readonly string[], env?: NodeJS.ProcessEnv): Running;
  /** Another program, the same way. */
  command(words: readonly string[], env?: NodeJS.ProcessEnv): Running;
};

export type Running = {
  readonly child: ChildProcess;
  readonly pid: number;
  stdout(): string;
  stderr(): string;
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
};

function run(root: string, [program = '', ...args]: readonly string[], env: NodeJS.ProcessEnv): Running {
  const path = [join(root, 'bin'), dirname(process.execPath), process.env['PATH']].join(delimiter);
  // The tests' own npm is not the script's.
  const { npm_lifecycle_event: _, ...environment } = process.env;
  const child = spawn(program, args, {
    cwd: root,
    env: { ...environment, REDIS_URL: '', RINGBACK_CONFIG: '', PATH: path, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const text = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (text.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (text.stderr += chunk.toString()));
  const ended = once(child, 'close').then(() => ({ code: child.exitCode, signal: child.signalCode }));
  onTestFinished(async () => {
    const force = setTimeout(() => child.kill('SIGKILL'), STOPS_WITHIN_MS);
    child.kill('SIGTERM');
    await ended;
    clearTimeout(force);
  });
  return { child, pid: child.pid ?? 0, stdout: () => text.stdout, stderr: () => text.stderr, ended };
}

/** Without dependencies. */
export async function createCheckout(): Promise<Checkout> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'ringback-checkout-')));
  onTestFinished(() => rm(root, { recursive: true, force: true, maxRetries: 20 }));
  await cp(SCRIPTS, join(root, 'scripts'), { recursive: true, filter: (path) => !path.endsWith('.test.ts') });
  const write = async (path: string, text: string) => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  };
  await write('package.json', '{ "type": "module" }');
  await write('pnpm-lock.yaml', 'lockfileVersion: 9');
  const program = async (name: string, script: string) => {
    await write(`bin/${name}`, `#!/bin/sh\n${script}\n`);
    await chmod(join(root, 'bin', name), 0o755);
  };
  return {
    root,
    write,
    program,
    redis: async (before = '') => {
      const { command, args, env: needs } = inject('redisSpec');
      const exports = Object.entries(needs).map(([key, value]) => `export ${key}='${value}'`);
      await program('redis-server', [...exports, before, `exec '${command}' ${args.join(' ')} "$@"`].join('\n'));
    },
    lines: async (path) =>
      (await readFile(resolve(root, path), 'utf8').catch(() => '')).split('\n').filter((line) => line !== ''),
    run: (args, env = {}) => run(root, [process.execPath, ...args], env),
    command: (words, env = {}) => run(root, words, env),
  };
}

/** False for a zombie. */
export async function isRunning(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return !/^\d+ \(.*\) Z/.test(stat);
}
