// `npm start`: a Redis if none is named, one ingress and one worker.
import { once } from 'node:events';
import { realpathSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openStdout } from '@ringback/observability';
import type { RedisServer } from '@ringback/redis-server';
import { tryLock } from './lock.mjs';
import { startEmbeddedRedis } from './redis/embedded.ts';
import { withoutPassword } from './redis/shown-url.ts';
import { type AppProcess, startApp } from './start/app-process.ts';
import { findSettings } from './start/settings-file.ts';

const ROOT = realpathSync(fileURLToPath(new URL('..', import.meta.url)));
const STOP_WITHIN_MS = 30_000;

/** `kinds`: what the configured sources can take, from the ingress's log line. */
function nextSteps(kinds: unknown): string {
  const [first = 'task', ...others] = Array.isArray(kinds) ? kinds.map(String) : [];
  const also = others.length === 0 ? '' : ` (also: ${others.join(', ')})`;
  return `
Everything is up. In another terminal:
  ${`npm run ringback -- send ${first}`.padEnd(32)}  post a signed sample callback${also}
  npm run ringback -- --help        everything else
Ctrl-C stops everything.
`;
}

type Running = { redis?: RedisServer; ingress?: AppProcess; worker?: AppProcess };

const stdout = openStdout();
const say = (line: string) => stdout.log(`${line}\n`);
stdout.onDropped((lines) => say(`${lines} lines were dropped: nobody read them, or the disk was full`));

/** Fills `running` in order, so that a failure can stop what is up. */
async function startAll(running: Running, stopping: AbortSignal): Promise<void> {
  const settings = findSettings(ROOT, process.env);
  say(`settings are read from ${relative(ROOT, settings.path)} (${settings.because})`);
  const env: NodeJS.ProcessEnv = { ...process.env, RINGBACK_CONFIG: settings.path };
  if (env['REDIS_URL'] !== undefined && env['REDIS_URL'] !== '') {
    say(`redis    is the one of REDIS_URL: ${withoutPassword(env['REDIS_URL'])}`);
  } else if (settings.namesRedis) {
    say('redis    is the one that the settings name');
  } else {
    running.redis = await startEmbeddedRedis(say, stopping);
    stopping.throwIfAborted();
    env['REDIS_URL'] = running.redis.url;
  }
  const start = (name: string) => startApp({ name, entry: `apps/${name}/src/main.ts`, root: ROOT, env, say });
  running.ingress = start('ingress');
  running.worker = start('worker');
  const [ingress, worker] = await Promise.all([running.ingress.up, running.worker.up]);
  say(`ingress  is up at ${String(ingress['url'])}, admin at ${String(ingress['adminUrl'])}`);
  say(`worker   is up, admin at ${String(worker['adminUrl'])}`);
  say(nextSteps(ingress['kinds']));
}

/** Ingress first, Redis last: nothing is taken that cannot be queued or stored. */
async function stopAll({ ingress, worker, redis }: Running): Promise<void> {
  await ingress?.stop(STOP_WITHIN_MS);
  await worker?.stop(STOP_WITHIN_MS);
  await redis?.stop();
}

/** Resolves with what ended by itself. */
function anyEnd({ ingress, worker, redis }: Running): Promise<string> {
  return Promise.race([ingress, worker, redis].flatMap((part) => (part === undefined ? [] : [part.ended])));
}

/** Aborts at the first signal; the second kills the apps. Redis always gets to write. */
function stopSignal(running: Running): AbortSignal {
  const stopping = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (stopping.signal.aborted) {
        running.ingress?.kill();
        running.worker?.kill();
        process.exitCode = 1;
        return;
      }
      say('stopping: ingress, then worker, then redis (once more: at once)');
      stopping.abort();
    });
  }
  return stopping.signal;
}

/** Runs until told to stop (exit code 0), or until something ends by itself (1). */
async function main(): Promise<void> {
  const release = await tryLock(`${ROOT} start`);
  if (release === undefined) {
    console.error('npm start already runs in this folder: stop that one first (or run `npm run worker` for one more worker).');
    process.exitCode = 1;
    return;
  }
  const running: Running = {};
  const stopping = stopSignal(running);
  const starting = startAll(running, stopping);
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
  if (running.ingress === undefined) await starting.catch(() => {});
  await stopAll(running);
  release();
  process.exit();
}

await main();
