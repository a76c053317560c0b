import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { readLogLine, showLogLine } from './log-line.ts';

/** One app, running as a process of its own. */
export type AppProcess = {
  /** Resolves with the fields of its `<name> is up` line; rejects when it ends before. */
  readonly up: Promise<Readonly<Record<string, unknown>>>;
  /** Resolves, once it has ended, with how. */
  readonly ended: Promise<string>;
  /** SIGTERM, and SIGKILL where it has not ended in time. */
  stop(withinMs: number): Promise<void>;
  /** SIGKILL. */
  kill(): void;
};

/**
 * Starts an app: its log goes on in short form to `say`, stderr and other lines as they are. A Ctrl-C on the terminal does not reach it (it has
 * its own session): it ends by `stop`, or by itself should this process be killed.
 */
export function startApp(options: {
  readonly name: string;
  readonly entry: string;
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
  readonly say: (line: string) => void;
}): AppProcess {
  const { name, entry, root, env, say } = options;
  const follow = new URL('../follow-parent.mjs', import.meta.url).href;
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '--import', follow, entry], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
  });
  const ready = Promise.withResolvers<Readonly<Record<string, unknown>>>();
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`${name} could not be started: ${error.message}`));
    child.once('close', (code, signal) => resolve(`${name} ended (${signal ?? `exit code ${code}`})`));
  });
  void ended.then((how) => ready.reject(new Error(how)));
  ready.promise.catch(() => {}); // whoever awaits `up` gets it; nobody has to
  const show = (line: string) => {
    const event = readLogLine(line);
    if (event?.message === `${name} is up`) ready.resolve(event.fields);
    else say(event === undefined ? line : showLogLine(event, name));
  };
  for (const stream of [child.stdout, child.stderr]) if (stream !== null) createInterface({ input: stream }).on('line', show);
  const kill = () => void child.kill('SIGKILL');
  const stop = async (withinMs: number) => {
    const force = setTimeout(kill, withinMs);
    child.kill('SIGTERM');
    await ended;
    clearTimeout(force);
  };
  return { up: ready.promise, ended, stop, kill };
}
