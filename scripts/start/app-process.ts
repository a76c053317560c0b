import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { readLogLine, showLogLine } from './log-line.ts';

/** `json`: log lines are shown as the apps write them. */
const LOG = 'RINGBACK_START_LOG';

export type AppName = 'ingress' | 'worker';

export type AppProcess = {
  /** Resolves with the fields of its `<name> is up` line; rejects if it ends before. */
  readonly up: Promise<Readonly<Record<string, unknown>>>;
  /** Resolves with how it ended. */
  readonly ended: Promise<string>;
  /** It reads its settings again, once it is up. */
  reload(): void;
  /** SIGTERM, then SIGKILL. */
  stop(withinMs: number): Promise<void>;
  kill(): void;
};

/**
 * Log lines go to `say` in short form (RINGBACK_START_LOG=json: as they are), others as they are. The app has its own session (no Ctrl-C), and ends
 * if this process is killed.
 */
export function startApp(options: {
  readonly name: AppName;
  /** How it is called here: two workers have one name. */
  readonly label: string;
  /** The working folder. */
  readonly folder: string;
  /** What Node runs for it. */
  readonly argsOf: (app: AppName) => readonly string[];
  /** URL of the module that stops it if this process is killed. */
  readonly followParent: string;
  readonly env: NodeJS.ProcessEnv;
  readonly say: (line: string) => void;
}): AppProcess {
  const { name, label, folder, argsOf, followParent, env, say } = options;
  const flags = ['--disable-warning=ExperimentalWarning', '--import', followParent];
  const child = spawn(process.execPath, [...flags, ...argsOf(name)], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
  });
  const ready = Promise.withResolvers<Readonly<Record<string, unknown>>>();
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`${label} could not be started: ${error.message}`));
    child.once('close', (code, signal) => resolve(`${label} ended (${signal ?? `exit code ${code}`})`));
  });
  void ended.then((how) => ready.reject(new Error(how)));
  const show = (line: string) => {
    const event = readLogLine(line);
    if (event?.message === `${name} is up`) ready.resolve(event.fields);
    else say(event === undefined || env[LOG] === 'json' ? line : showLogLine(event, label));
  };
  for (const input of [child.stdout, child.stderr]) if (input !== null) createInterface({ input }).on('line', show);
  // Earlier, SIGHUP would end it.
  const reload = () => void ready.promise.then(() => child.kill('SIGHUP')).catch(() => {});
  const kill = () => void child.kill('SIGKILL');
  const stop = async (withinMs: number) => {
    const force = setTimeout(kill, withinMs);
    child.kill('SIGTERM');
    await ended;
    clearTimeout(force);
  };
  return { up: ready.promise, ended, reload, stop, kill };
}
