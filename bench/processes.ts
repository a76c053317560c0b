import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compiled, programOf, until } from '@ringback/testkit/bare';

/** In reverse order, at the end of a part. */
export type OnClose = (release: () => Promise<unknown>) => void;

const ROOT = fileURLToPath(new URL('../', import.meta.url));
/** It ends if this process is killed. */
export const NODE_FLAGS = [
  '--disable-warning=ExperimentalWarning',
  '--import',
  new URL('../packages/testkit/src/follow-parent.mjs', import.meta.url).href,
];
const UP_WITHIN_MS = 120_000;

/** Then undoes what it registered. */
export async function withClosing<T>(work: (onClose: OnClose) => Promise<T>): Promise<T> {
  const releases: (() => Promise<unknown>)[] = [];
  try {
    return await work((release) => void releases.push(release));
  } finally {
    for (const release of releases.toReversed()) await release();
  }
}

/** Also ends a stopped process. Resolves once it is gone. */
export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

export type AppOptions = {
  /** From the root. */
  readonly main: string;
  /** A checkout of Ringback: this one unless told. */
  readonly root?: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  /** A file: a pipe is only as fast as its reader. */
  readonly logFolder: string;
  readonly onClose: OnClose;
};

export type App = {
  readonly pid: number;
  /** Undefined for a worker. */
  readonly url: string | undefined;
  /** Undefined for what has no admin port. */
  readonly adminUrl: string | undefined;
  /** SIGSTOP: it takes nothing. */
  readonly stop: () => void;
  /** SIGCONT. */
  readonly resume: () => void;
};

/** The tests bundle the apps of this checkout. */
function programAt(root: string, main: string): string {
  const app = (['ingress', 'worker'] as const).find((name) => root === ROOT && main === `apps/${name}/src/main.ts`);
  return app === undefined ? join(root, main) : programOf(app);
}

/** It logs JSON lines. Waits for `… is up`. */
export async function startApp({ main, root = ROOT, env, logFolder, onClose }: AppOptions): Promise<App> {
  const log = join(logFolder, `${main.replaceAll(/\W+/g, '-')}-${performance.now()}.log`);
  const file = openSync(log, 'w');
  const child = spawn(process.execPath, [...NODE_FLAGS, programAt(root, main)], {
    cwd: root,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], NODE_ENV: 'production', ...compiled(), ...env },
    stdio: ['ignore', file, file, 'ipc'],
  });
  onClose(() => kill(child));
  const written = () => readFileSync(log, 'utf8');
  const line = await until(() => /^\{.*"msg":"\w+ is up".*\}$/m.exec(written())?.[0], {
    withinMs: UP_WITHIN_MS,
    what: () => `${main} is up: ${written().slice(-2000)}`,
  });
  const url = /"url":"([^"]+)"/.exec(line)?.[1];
  const adminUrl = /"adminUrl":"([^"]+)"/.exec(line)?.[1];
  const signal = (name: NodeJS.Signals) => () => void child.kill(name);
  return { pid: child.pid ?? 0, url, adminUrl, stop: signal('SIGSTOP'), resume: signal('SIGCONT') };
}
