import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { RedisServerSpec } from '@ringback/redis-server';
import { createSink, createTcpProxy, type Sink, type SinkAnswer, type TcpProxy } from '@ringback/testkit/bare';
import { type AppSlot, type AppSlotOptions, createAppSlot } from './app-slot.ts';
import { createDeliveries, type Deliveries } from './deliveries.ts';
import type { Random } from './random.ts';
import { type HistoryPlace, openHistoryPlace } from './history-place.ts';
import { type OutputStanza, settingsFile, type SettingsParts } from './settings.ts';
import type { Destination, Setup } from './setup.ts';
import { createSpoolDisk, type SpoolDisk } from './spool-disk.ts';
import { openStore, type Store } from './store.ts';

/** `short`: for the test suite. */
export type Size = 'full' | 'short';

export type World = Pick<Store, 'redis' | 'set' | 'places'> & {
  readonly random: Random;
  readonly size: Size;
  /** Between apps and Redis. */
  readonly network: TcpProxy;
  /** Between workers and the destination, for outputs that use it. */
  readonly wayOut: TcpProxy;
  readonly ingresses: readonly AppSlot[];
  readonly workers: readonly AppSlot[];
  readonly settingsPath: string;
  /** Of the settings. */
  readonly folder: string;
  readonly spoolDisk: SpoolDisk | undefined;
  readonly history: HistoryPlace | undefined;
  readonly outputs: readonly string[];
  readonly deliveries: Deliveries;
  /** Default: 200. `count` is 1 for the first request after this call. */
  readonly answer: (output: string, answer: (count: number) => SinkAnswer) => void;
  /** ms of the full size; the short one takes a fifth. */
  readonly pass: (ms: number) => Promise<void>;
  /** Random, never shortened. */
  readonly moment: (maxMs: number) => Promise<void>;
  /** Where a callback must end: at one output of each list. Default: every output. */
  readonly owed: { rule: (ackedAt: number) => readonly (readonly string[])[] };
  /** Acked between `since` and `to` (`performance.now()`; default: now). */
  readonly mayLose: (since: number, to?: number) => void;
  /** What was broken when, by `performance.now()`: told with what is lost. */
  readonly said: { readonly what: string; readonly at: number }[];
  readonly forgiven: readonly { readonly from: number; readonly to: number }[];
  readonly close: () => Promise<void>;
};

export type WorldOptions = {
  readonly setup?: Setup | undefined;
  readonly spec: RedisServerSpec;
  readonly random: Random;
  readonly size: Size;
};

const SHORTER = 5;

/** A failure stops what is up. */
export async function createWorld(options: WorldOptions): Promise<World> {
  const closers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    const failures: unknown[] = [];
    // A failed closer MUST NOT stop the others.
    for (const closer of closers.splice(0).toReversed()) await closer().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  };
  try {
    return { ...(await build(options, (closer) => void closers.push(closer))), close };
  } catch (error) {
    await close();
    throw error;
  }
}

type OnClose = (closer: () => Promise<unknown>) => void;
type Build = (options: WorldOptions, onClose: OnClose) => Promise<Omit<World, 'close'>>;

const build: Build = async ({ setup = {}, spec, random, size }, onClose) => {
  const { redis, set, places, settings } = await openStore(setup, spec, onClose);
  const network = await createTcpProxy(redis);
  onClose(() => network.close());
  const sink = await createSink();
  onClose(() => sink.close());
  const wayOut = await createTcpProxy({ port: Number(new URL(sink.url).port) });
  onClose(() => wayOut.close());
  const outputs = outputsOf(setup, { url: sink.url, viaProxy: `http://127.0.0.1:${wayOut.port}` });
  const files = await createFiles(setup, { outputs, redis: settings, onClose });
  const { deliveries, answer } = receive(sink);

  const redisUrl = setup.proxied ? `redis://127.0.0.1:${network.port}` : redis.url;
  const env = { ...setup.env, RINGBACK_CONFIG: files.settingsPath, ...(set === undefined && { REDIS_URL: redisUrl }) };
  const start = (app: 'ingress' | 'worker', count = 1) =>
    Promise.all(Array.from({ length: count }, (_, index) => startSlot({ app, number: index + 1, env }, onClose)));
  const [ingresses, workers] = await Promise.all([start('ingress', setup.ingresses), start('worker', setup.workers)]);
  const forgiven: { from: number; to: number }[] = [];
  return {
    random,
    size,
    redis,
    set,
    places,
    network,
    wayOut,
    ingresses,
    workers,
    ...files,
    outputs: [...outputs.map(({ name }) => name), ...(setup.laterOutputs ?? [])],
    owed: { rule: () => outputs.map(({ name }) => [name]) },
    deliveries,
    answer,
    pass: (ms) => delay(size === 'full' ? ms : ms / SHORTER),
    moment: (maxMs) => delay(random.int(0, maxMs)),
    mayLose: (from, to = performance.now()) => void forgiven.push({ from, to }),
    forgiven,
    said: [],
  };
};

async function startSlot(options: AppSlotOptions, onClose: OnClose): Promise<AppSlot> {
  const slot = createAppSlot(options);
  onClose(slot.close);
  await slot.start();
  return slot;
}

function outputsOf({ outputs }: Setup, destination: Destination): readonly OutputStanza[] {
  return outputs?.(destination) ?? [{ name: 'crm', url: `${destination.url}/crm` }];
}

type Files = Pick<World, 'settingsPath' | 'folder' | 'spoolDisk' | 'history'>;

async function createFiles(
  { spool, ingress, ...setup }: Setup,
  { outputs, redis, onClose }: Pick<SettingsParts, 'outputs' | 'redis'> & { onClose: OnClose },
): Promise<Files> {
  const folder = await mkdtemp(join(tmpdir(), 'ringback-chaos-'));
  onClose(() => rm(folder, { recursive: true, force: true }));
  const spoolDisk = spool && (await createSpoolDisk({ folder, small: spool === 'small disk' }, onClose));
  const history = await openHistoryPlace(setup.history, folder, onClose);
  const settingsPath = join(folder, 'ringback.yaml');
  await writeFile(
    settingsPath,
    settingsFile({
      outputs,
      redis,
      history: history?.settings,
      routes: setup.routes,
      ingress: { ...ingress, ...(spoolDisk && { spool: spoolDisk.spool }) },
    }),
  );
  return { settingsPath, folder, spoolDisk, history };
}

/** By path: `/<output>`. */
function receive(sink: Sink): Pick<World, 'deliveries' | 'answer'> {
  const deliveries = createDeliveries();
  const scripts = new Map<string, { count: number; answer: (count: number) => SinkAnswer }>();
  sink.answer((_, { path, body }) => {
    const output = path.slice(1);
    const script = scripts.get(output);
    if (script) script.count += 1;
    const answer = script?.answer(script.count) ?? 200;
    if (answer === 200 || (typeof answer === 'object' && 'huge' in answer)) deliveries.arrived(output, requestIDOf(body));
    return answer;
  });
  return { deliveries, answer: (output, next) => void scripts.set(output, { count: 0, answer: next }) };
}

function requestIDOf(body: Buffer): string {
  // The webhook output puts it before the body.
  return /"requestID":"([^"]*)"/.exec(body.toString())?.[1] ?? '';
}
