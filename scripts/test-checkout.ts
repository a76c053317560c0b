import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const SCRIPTS = fileURLToPath(new URL('.', import.meta.url));
const STOPS_WITHIN_MS = 10_000;

/** A folder that looks like a checkout: our scripts, and whatever a test puts beside them. Gone after the test. */
export type Checkout = {
  readonly root: string;
  /** Writes a file, with its folders. */
  write(path: string, text: string): Promise<void>;
  /** Puts a POSIX shell script of this name on the PATH of what `run` starts. */
  program(name: string, script: string): Promise<void>;
  /** The file's lines; none if it is not there. */
  lines(path: string): Promise<string[]>;
  /** Runs Node in it. The process leads a group of its own. */
  run(args: readonly string[], env?: NodeJS.ProcessEnv): Running;
};

export type Running = {
  readonly child: ChildProcess;
  readonly pid: number;
  stdout(): string;
  stderr(): string;
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
};

function run(root: string, args: readonly string[], env: NodeJS.ProcessEnv): Running {
  const path = [join(root, 'bin'), dirname(process.execPath), process.env['PATH']].join(delimiter);
  // Whatever npm runs the tests: it does not run this.
  const { npm_lifecycle_event: _, ...environment } = process.env;
  const child = spawn(process.execPath, args, {
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

/** A new checkout with a copy of scripts/, without its dependencies. */
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
  return {
    root,
    write,
    program: async (name, script) => {
      await write(`bin/${name}`, `#!/bin/sh\n${script}\n`);
      await chmod(join(root, 'bin', name), 0o755);
    },
    lines: async (path) =>
      (await readFile(resolve(root, path), 'utf8').catch(() => '')).split('\n').filter((line) => line !== ''),
    run: (args, env = {}) => run(root, args, env),
  };
}

/** Whether a process of this id runs; one that ended and waits to be collected does not. */
export async function isRunning(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return !/^\d+ \(.*\) Z/.test(stat);
}
