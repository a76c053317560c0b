import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished, vi } from 'vitest';

type LogLine = Readonly<Record<string, unknown>>;

/** An app of ours as a process of its own. */
export type AppProcess = {
  readonly pid: number;
  /** Every JSON line it wrote so far, oldest first. */
  readonly lines: readonly LogLine[];
  /** What else it wrote, stderr included. */
  readonly output: readonly string[];
  /** The first line with this message, now or when it comes. */
  line(message: string): Promise<LogLine>;
  signal(signal: NodeJS.Signals): void;
  /** Sends the signal (SIGTERM) and resolves with the exit code, null after a kill. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
  readonly exit: Promise<number | null>;
};

export type AppOptions = {
  readonly app: 'ingress' | 'worker' | 'cli';
  readonly args?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
};

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const LINE_DEADLINE_MS = 20_000;

/** Starts an app as its own process, on this Node; it is killed at the end of the test if it still runs. */
export function startApp({ app, args = [], env }: AppOptions): AppProcess {
  const main = join(ROOT, 'apps', app, 'src', 'main.ts');
  const child = spawn(process.execPath, [main, ...args], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: LogLine[] = [];
  const output: string[] = [];
  collect(child, { lines, output });
  const exit = new Promise<number | null>((resolve) => {
    child.once('close', (code) => resolve(code));
  });
  const stop = (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal);
    return exit;
  };
  onTestFinished(async () => {
    await stop('SIGKILL');
  });

  return {
    pid: child.pid ?? 0,
    lines,
    output,
    line: (message) => firstLine({ lines, output, message }),
    signal: (signal) => void child.kill(signal),
    stop,
    exit,
  };
}

function collect({ stdout, stderr }: ChildProcess, { lines, output }: { lines: LogLine[]; output: string[] }): void {
  for (const stream of [stdout, stderr]) {
    if (!stream) continue;
    createInterface({ input: stream }).on('line', (text) => {
      const line = readLine(text);
      if (line) lines.push(line);
      else output.push(text);
    });
  }
}

function readLine(text: string): LogLine | undefined {
  const value: unknown = text.startsWith('{') ? JSON.parse(text) : undefined;
  return typeof value === 'object' && value !== null ? { ...value } : undefined;
}

type Awaited = { lines: readonly LogLine[]; output: readonly string[]; message: string };

function firstLine({ lines, output, message }: Awaited): Promise<LogLine> {
  return vi.waitFor(
    () => {
      const found = lines.find((line) => line['msg'] === message);
      if (!found)
        throw new Error(`no line "${message}" yet; last: ${JSON.stringify(lines.at(-1))} ${output.slice(-5).join('\n')}`);
      return found;
    },
    { timeout: LINE_DEADLINE_MS, interval: 20 },
  );
}

/** Writes a settings file of its own for the test; returns its path. */
export async function writeSettings(yaml: string): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'ringback-settings-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const path = join(dir, 'ringback.yaml');
  await writeFile(path, yaml);
  return path;
}
