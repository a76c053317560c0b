import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { until } from '@ringback/redis-server';
import { type App, programOf } from './app-program.ts';
import { compiled } from './compiled.ts';

type LogLine = Readonly<Record<string, unknown>>;

export type AppProcess = {
  readonly pid: number;
  /** JSON lines, oldest first. */
  readonly lines: readonly LogLine[];
  /** Other lines, and stderr. */
  readonly output: readonly string[];
  /** Waits for the first line with this message. */
  line(message: string): Promise<LogLine>;
  /** If stdout is a pipe: stop reading, read again, close our side. */
  readonly stdout: { hold(): void; release(): void; close(): void };
  signal(signal: NodeJS.Signals): void;
  /** SIGTERM by default. Resolves with the exit code, null after a kill. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
  readonly exit: Promise<number | null>;
};

export type AppOptions = {
  readonly app: App;
  /** Runs its sources, also where they are bundled. */
  readonly sources?: boolean;
  readonly args?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Default: the project's. */
  readonly cwd?: string;
  /** Default: every line is kept. */
  readonly keeps?: (line: LogLine) => boolean;
  /** A file descriptor instead of a pipe. */
  readonly stdout?: number | undefined;
};

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const FOLLOW_PARENT = new URL('follow-parent.mjs', import.meta.url).href;
const LINE_DEADLINE_MS = 60_000;

/** The caller stops it; it also stops if this process is killed. */
export function spawnApp({ env, cwd = ROOT, keeps = () => true, stdout, ...program }: AppOptions): AppProcess {
  const { app, sources, args = [] } = program;
  const child = spawn(process.execPath, ['--import', FOLLOW_PARENT, programOf(app, sources), ...args], {
    cwd,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...compiled(), ...env },
    stdio: ['ignore', stdout ?? 'pipe', 'pipe', 'ipc'],
  });
  const lines: LogLine[] = [];
  const output: string[] = [];
  collect(child, { lines, output, keeps });
  // Unread output would keep it from closing.
  child.once('exit', () => child.stdout?.resume());
  const exit = new Promise<number | null>((resolve) => {
    child.once('close', (code) => resolve(code));
  });

  return {
    pid: child.pid ?? 0,
    lines,
    output,
    line: (message) =>
      until(() => lines.find((line) => line['msg'] === message), {
        withinMs: LINE_DEADLINE_MS,
        what: () => `line "${message}"; last: ${JSON.stringify(lines.at(-1))} ${output.slice(-5).join('\n')}`,
      }),
    stdout: {
      hold: () => void child.stdout?.pause(),
      release: () => void child.stdout?.resume(),
      close: () => void child.stdout?.destroy(),
    },
    signal: (signal) => void child.kill(signal),
    stop(signal = 'SIGTERM') {
      child.kill(signal);
      return exit;
    },
    exit,
  };
}

type Collected = { lines: LogLine[]; output: string[]; keeps: (line: LogLine) => boolean };

function collect({ stdout, stderr }: ChildProcess, { lines, output, keeps }: Collected): void {
  for (const stream of [stdout, stderr]) {
    if (!stream) continue;
    createInterface({ input: stream }).on('line', (text) => {
      const line = readLine(text);
      if (!line) output.push(text);
      else if (keeps(line)) lines.push(line);
    });
  }
}

/** A killed process may leave half a line. */
function readLine(text: string): LogLine | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
