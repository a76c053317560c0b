import { freePort, type RedisServer } from '@ringback/redis-server';
import { type AppName, type AppProcess, startApp } from './app-process.ts';

/** Filled in order, so that a failure can stop what is up. */
export type Running = { redis?: RedisServer; readonly ingresses: AppProcess[]; readonly workers: AppProcess[] };

export type AppsOptions = {
  readonly folder: string;
  readonly argsOf: (app: AppName) => readonly string[];
  readonly followParent: string;
  readonly env: NodeJS.ProcessEnv;
  readonly say: (line: string) => void;
  readonly ingresses: number;
  readonly workers: number;
  readonly stopping: AbortSignal;
};

const OTHER_PORT = 'RINGBACK_LISTEN_PORT';

/** Resolves, once all are up, with what the first ingress said. @throws Error if one ends */
export async function startApps(options: AppsOptions, running: Running): Promise<Readonly<Record<string, unknown>>> {
  const { env, say, ingresses, workers, stopping } = options;
  const labelOf = (name: AppName, index: number) => (Math.max(ingresses, workers) > 1 ? `${name} ${index + 1}` : name);
  const start = (name: AppName, index: number, more: NodeJS.ProcessEnv = {}) => {
    const app = startApp({ ...options, name, label: labelOf(name, index), env: { ...env, ...more } });
    (name === 'ingress' ? running.ingresses : running.workers).push(app);
    return app.up;
  };
  const first = start('ingress', 0);
  const served = Promise.all(Array.from({ length: workers }, (_, index) => start('worker', index)));
  served.catch(() => {}); // Awaited below.
  const ups = [await first];
  // The first port comes from the settings, so the others are known only now.
  for (let index = 1; index < ingresses; index += 1) {
    stopping.throwIfAborted();
    ups.push(await start('ingress', index, { [OTHER_PORT]: String(await freePort(portOf(ups[0]) + index)) }));
  }
  ups.forEach((up, index) => say(`${labelOf('ingress', index).padEnd(8)} is up at ${urlsOf(up)}`));
  (await served).forEach((up, index) => say(`${labelOf('worker', index).padEnd(8)} is up, admin at ${String(up['adminUrl'])}`));
  return ups[0] ?? {};
}

const urlsOf = (up: Readonly<Record<string, unknown>>) => `${String(up['url'])}, admin at ${String(up['adminUrl'])}`;

function portOf(up: Readonly<Record<string, unknown>> | undefined): number {
  return Number(URL.parse(String(up?.['url']))?.port ?? 0);
}
