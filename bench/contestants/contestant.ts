import { type Child, startChild } from '../child.ts';
import type { MeasuredRedis } from '../measure/redis.ts';
import { type App, type OnClose, startApp } from '../processes.ts';
import { OUTPUTS } from '../settings.ts';
import type { BarePoolCalls } from './bare-pool.ts';
import { deliveriesOf, PREFIX as PLAIN } from './plain-queue.ts';

/** An ingress and, if any, its Redis and queues. */
export type Contestant = {
  readonly name: string;
  readonly ingress: App & { readonly url: string };
  readonly redis?: MeasuredRedis;
  readonly queues: readonly string[];
  /** Of its history: empty once that has all. */
  readonly streams?: readonly string[];
};

export type Deliverer = Contestant & { readonly redis: MeasuredRedis; readonly worker: App };

export type StartOptions = {
  readonly settings: string;
  readonly redis: MeasuredRedis;
  readonly folder: string;
  /** The checkout whose code runs: this one unless told. */
  readonly root?: string;
  readonly onClose: OnClose;
};

/** From docs/architecture.md. */
export function ringbackQueues(prefix: string): string[] {
  return ['callbacks', ...OUTPUTS.map((name) => `output.${name}`)].map((queue) => `${prefix}:${queue}`);
}

const QUEUES = {
  plain: ['callbacks', ...OUTPUTS.map(deliveriesOf)].map((queue) => `${PLAIN}:${queue}`),
  ringback: ringbackQueues('ringback'),
} as const;

const INGRESS = { plain: 'bench/contestants/plain-ingress.ts', ringback: 'apps/ingress/src/main.ts' } as const;
const WORKER = { plain: 'bench/contestants/plain-worker.ts', ringback: 'apps/worker/src/main.ts' } as const;

type Delivering = keyof typeof INGRESS;

function start(main: string, { settings, redis, folder, root, onClose }: StartOptions): Promise<App> {
  return startApp({ main, root, env: { RINGBACK_CONFIG: settings, REDIS_URL: redis.url }, logFolder: folder, onClose });
}

async function startIngress(main: string, options: StartOptions): Promise<Contestant['ingress']> {
  const app = await start(main, options);
  if (app.url === undefined) throw new Error(`${main} does not say where it listens`);
  return { ...app, url: app.url };
}

/** Needs no Redis. */
export async function startWithoutQueue(name: 'limit' | 'bare-server', options: StartOptions): Promise<Contestant> {
  return { name, ingress: await startIngress(`bench/contestants/${name}.ts`, options), queues: [] };
}

/** A worker may be added. */
export async function startQueueing(
  kind: Delivering,
  options: StartOptions & { readonly name?: string },
): Promise<Contestant & { readonly redis: MeasuredRedis }> {
  const ingress = await startIngress(INGRESS[kind], options);
  return { name: options.name ?? kind, ingress, redis: options.redis, queues: QUEUES[kind] };
}

export function startWorker(kind: Delivering, options: StartOptions): Promise<App> {
  return start(WORKER[kind], options);
}

export function startBarePool({ settings, redis, onClose }: StartOptions): Child<BarePoolCalls> {
  const env = { RINGBACK_CONFIG: settings, REDIS_URL: redis.url };
  return startChild<BarePoolCalls>(new URL('bare-pool.ts', import.meta.url), { onClose, env });
}

export async function startDelivering(kind: Delivering, options: StartOptions): Promise<Deliverer> {
  const [contestant, worker] = await Promise.all([startQueueing(kind, options), startWorker(kind, options)]);
  return { ...contestant, worker };
}
