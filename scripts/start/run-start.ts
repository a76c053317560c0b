import { once } from 'node:events';
import { realpathSync } from 'node:fs';
import { relative } from 'node:path';
import { openStdout, VERSION, watchTerminal } from '@ringback/observability';
import type { RedisServerSpec } from '@ringback/redis-server';
import { tryLock } from '../lock.mjs';
import { startEmbeddedRedis } from '../redis/embedded.ts';
import { withoutPassword } from '../redis/shown-url.ts';
import type { AppName } from './app-process.ts';
import { type Running, startApps } from './apps.ts';
import { findSettings } from './settings-file.ts';

const STOP_WITHIN_MS = 30_000;

/** What differs between `npm start` in a checkout and `ringback start` of the published package. */
export type StartOptions = {
  /** Settings are found here, and `.ringback` in it holds data and caches. */
  readonly folder: string;
  /** The settings that are used if there are no others. */
  readonly example?: string;
  /** The settings file that was asked for. */
  readonly config?: string | undefined;
  /** How many of each. Default: one. */
  readonly ingresses?: number;
  readonly workers?: number;
  /** How this command is typed, and others. */
  readonly words: { readonly start: string; readonly ringback: string; readonly worker: string };
  /** What Node runs for an app. */
  readonly argsOf: (app: AppName) => readonly string[];
  /** URL of the module that stops an app if this process is killed. */
  readonly followParent: string;
  /** The server for a machine that has no Redis. Default: the start fails. */
  readonly lastResort?: () => RedisServerSpec;
  /** A signal that comes again within this many ms is the same one: npx sends each Ctrl-C twice. */
  readonly sameSignalWithin?: number;
};

/** `kinds`: what the configured sources can take, from the ingress's log line. */
function nextSteps({ words: { ringback }, config }: StartOptions, kinds: unknown): string {
  const [first = 'task', ...others] = Array.isArray(kinds) ? kinds.map(String) : [];
  const also = others.length === 0 ? '' : ` (also: ${others.join(', ')})`;
  const settings = config === undefined ? '' : ` --config ${relative('', config)}`;
  const commands = [`${ringback} send ${first}${settings}`, `${ringback} --help`, `kill -HUP ${process.pid}`];
  const width = Math.max(32, ...commands.map(({ length }) => length));
  return `
Everything is up. In another terminal:
  ${commands[0]?.padEnd(width)}  post a signed sample callback${also}
  ${commands[1]?.padEnd(width)}  everything else
  ${commands[2]?.padEnd(width)}  take changed settings
Ctrl-C stops everything.
`;
}

type Say = (line: string) => void;
type Begun = StartOptions & { readonly say: Say };

/** Fills `running` in order, so that a failure can stop what is up. */
async function startAll(options: Begun, running: Running, stopping: AbortSignal): Promise<void> {
  const { folder, say } = options;
  const settings = findSettings(options, process.env);
  say(`ringback ${VERSION}`);
  say(`settings are read from ${relative(folder, settings.path)} (${settings.because})`);
  const env: NodeJS.ProcessEnv = { ...process.env, RINGBACK_CONFIG: settings.path };
  if (settings.namesRedis) {
    say('redis    is the one that the settings name');
  } else if (env['REDIS_URL'] !== undefined && env['REDIS_URL'] !== '') {
    say(`redis    is the one of REDIS_URL: ${withoutPassword(env['REDIS_URL'])}`);
  } else {
    running.redis = await startEmbeddedRedis({ ...options, signal: stopping });
    stopping.throwIfAborted();
    env['REDIS_URL'] = running.redis.url;
  }
  const { ingresses = 1, workers = 1 } = options;
  const ingress = await startApps({ ...options, env, ingresses, workers, stopping }, running);
  say(nextSteps(options, ingress['kinds']));
}

/** Ingress first, Redis last: nothing is taken that cannot be queued or stored. */
async function stopAll({ ingresses, workers, redis }: Running): Promise<void> {
  for (const apps of [ingresses, workers]) await Promise.all(apps.map((app) => app.stop(STOP_WITHIN_MS)));
  await redis?.stop();
}

/** Resolves with what ended by itself. */
function anyEnd({ ingresses, workers, redis }: Running): Promise<string> {
  return Promise.race([...ingresses, ...workers, ...(redis === undefined ? [] : [redis])].map((part) => part.ended));
}

/** Aborts at the first signal to stop; the second kills the apps. Redis always gets to write. SIGHUP reloads. */
function stopSignal(running: Running, { say, sameSignalWithin = 0 }: Begun): AbortSignal {
  const stopping = new AbortController();
  const lastAt = new Map<string, number>();
  const terminalIsGone = watchTerminal();
  const apps = () => [...running.ingresses, ...running.workers];
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      const now = performance.now();
      const isRepeated = now - (lastAt.get(name) ?? -Infinity) < sameSignalWithin;
      lastAt.set(name, now);
      if (isRepeated) return;
      if (name === 'SIGHUP' && !terminalIsGone()) {
        for (const app of apps()) app.reload();
        return;
      }
      if (stopping.signal.aborted) {
        for (const app of apps()) app.kill();
        process.exitCode = 1;
        return;
      }
      say('stopping: ingress, then worker, then redis (once more: at once)');
      stopping.abort();
    });
  }
  return stopping.signal;
}

function openSay(): Say {
  const stdout = openStdout();
  const say = (line: string) => stdout.log(`${line}\n`);
  stdout.onDropped((lines) => say(`${lines} lines were dropped: nobody read them, or the disk was full`));
  return say;
}

/** Runs until told to stop (exit code 0), or until something ends by itself (1). */
export async function runStart(given: StartOptions): Promise<void> {
  const options = { ...given, folder: realpathSync(given.folder), say: openSay() };
  const { folder, words } = options;
  const release = await tryLock(`${folder} start`);
  if (release === undefined) {
    console.error(
      `${words.start} already runs in this folder: stop that one first (or run \`${words.worker}\` for one more worker).`,
    );
    process.exitCode = 1;
    return;
  }
  const running: Running = { ingresses: [], workers: [] };
  const stopping = stopSignal(running, options);
  const starting = startAll(options, running, stopping);
  try {
    const problem = await Promise.race([once(stopping, 'abort').then(() => undefined), starting.then(() => anyEnd(running))]);
    if (problem !== undefined) throw new Error(problem);
  } catch (error) {
    if (!stopping.aborted) {
      process.exitCode = 1;
      console.error(`ringback: ${error instanceof Error ? error.message : String(error)}; stopping everything`);
    }
  }
  // Before the apps run, what is starting gives up by itself.
  if (running.ingresses.length === 0) await starting.catch(() => {});
  await stopAll(running);
  release();
  process.exit();
}
