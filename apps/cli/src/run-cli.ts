import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { compiled, programOf } from '@ringback/testkit/bare';
import { onTestFinished } from 'vitest';

/** For tests: the operator's command as a real process. */
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

export type CliResult = { readonly code: number | null; readonly out: string; readonly err: string };
type CliOptions = { readonly env?: Readonly<Record<string, string>>; readonly cwd?: string };

/** Runs in the project's root by default. Killed at the test's end. */
export function startCli(args: readonly string[], { env = {}, cwd = ROOT }: CliOptions = {}): ChildProcess {
  const place = { cwd, env: { ...compiled(), ...env } };
  const child = spawn(process.execPath, [programOf('cli'), ...args], { ...place, stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const child = startCli(args, options);
  const exit = new Promise<number | null>((resolve) => {
    child.once('close', resolve);
  });
  const [out, err, code] = await Promise.all([child.stdout && text(child.stdout), child.stderr && text(child.stderr), exit]);
  return { code, out: out ?? '', err: err ?? '' };
}

export async function testFile(name: string, content: string | Buffer): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ringback-cli-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}
