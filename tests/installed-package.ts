import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { compiled } from '@ringback/testkit/bare';
import { onTestFinished, vi } from 'vitest';
import { pack } from '../scripts/pack/pack.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('..', import.meta.url));
export const DEADLINE = { timeout: 60_000, interval: 20 };
export const INSTALLS_WITHIN_MS = 240_000;

export type Running = { readonly text: () => string; readonly stop: () => Promise<void> };

/** This Node, for npm and what npx runs; nothing of the npm and the vitest that run the tests. */
function environment(bin: string): NodeJS.ProcessEnv {
  const others = Object.entries(process.env).filter(([name]) => !/^(npm_|INIT_CWD|RINGBACK_|REDIS_URL|NODE_|VITEST)/.test(name));
  const path = [bin, dirname(process.execPath), process.env['PATH']].join(delimiter);
  const { NODE_EXTRA_CA_CERTS, npm_config_registry } = process.env;
  return { ...Object.fromEntries(others), ...compiled(), NODE_EXTRA_CA_CERTS, npm_config_registry, PATH: path, NO_COLOR: '1' };
}

/** The package, packed and installed into an empty folder outside of the checkout: nothing of it can be found from there. */
export async function installPackage() {
  const outside = mkdtempSync(join(tmpdir(), 'ringback-package-'));
  const [folder, bin] = [join(outside, 'empty'), join(outside, 'bin')];
  const env = environment(bin);
  for (const path of [folder, bin]) mkdirSync(path);
  const packed = await pack({ root: ROOT, to: join(outside, 'packed') });
  writeFileSync(join(folder, 'package.json'), '{}');
  const args = ['install', '--no-audit', '--no-fund', '--prefer-offline', packed.tarball];
  await run('npm', args, { cwd: folder, env, timeout: INSTALLS_WITHIN_MS });
  const place = { cwd: folder, env };
  return {
    packed,
    folder,
    /** On the PATH of what runs here. */
    bin,
    /** Runs what npx would run, to its end: npx takes longer than most commands. */
    ringback: (commands: readonly string[], more: NodeJS.ProcessEnv = {}) =>
      run(join(folder, 'node_modules/.bin/ringback'), commands, {
        cwd: folder,
        env: { ...env, ...more },
        timeout: DEADLINE.timeout,
      }),
    /** Runs a process of `npx ringback …` until the end of the test. */
    start: (commands: readonly string[], more: NodeJS.ProcessEnv = {}) =>
      startProcess(commands, { ...place, env: { ...env, ...more } }),
    remove: () => rmSync(outside, { recursive: true, force: true, maxRetries: 20 }),
  };
}

/** npx leads a group of its own, as in a terminal. */
function startProcess(args: readonly string[], place: { cwd: string; env: NodeJS.ProcessEnv }): Running {
  const child = spawn('npx', ['ringback', ...args], { ...place, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  let closed = false;
  const ended = once(child, 'close').then(() => (closed = true));
  // As Ctrl-C does it: every process of the group gets it.
  const stop = async () => {
    if (!closed && child.pid) process.kill(-child.pid, 'SIGINT');
    await ended;
  };
  onTestFinished(stop);
  return { text: () => text, stop };
}

/** Waits for a line of the log. */
export async function line(running: Running, message: string): Promise<Readonly<Record<string, unknown>>> {
  return vi.waitFor(() => {
    const found = running
      .text()
      .split('\n')
      .find((text) => text.includes(`"msg":"${message}"`));
    if (found === undefined) throw new Error(`no line "${message}": ${running.text().slice(-1000)}`);
    const fields: unknown = JSON.parse(found);
    return { ...(typeof fields === 'object' && fields) };
  }, DEADLINE);
}
