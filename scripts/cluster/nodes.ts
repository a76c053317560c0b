import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CLUSTER_SETTINGS,
  clusterSound,
  isFreePort,
  joinCluster,
  makePrivateFolder,
  type RedisServer,
  type RedisServerSpec,
  startRedis,
} from '@ringback/redis-server';
import { endLeftOver } from '../redis/left-over.ts';
import { keepPassword } from '../redis/password.ts';
import { keepUp } from './keep-up.ts';

/** As the Redis of `npm start` has them. */
const SETTINGS = ['--appendonly', 'yes', '--appendfsync', 'everysec', '--maxmemory-policy', 'noeviction', '--save', ''];
/** Ringback may stop at the same time, and may still write. */
const WHEN_ABANDONED = 'sleep 3; kill -TERM "$1"';
/** Where nodes talk to each other: Redis adds this to the port. */
const BUS = 10_000;

export type NodesOptions = {
  readonly spec: RedisServerSpec;
  readonly ports: readonly number[];
  /** Holds a folder of data for each cluster, and the password of all. */
  readonly state: string;
  readonly say: (line: string) => void;
};

export type Nodes = {
  readonly ports: readonly number[];
  readonly folder: string;
  readonly passwordFile: string;
  /** Resolves once the cluster serves. */
  start(): Promise<void>;
  /** Rejects if a node that ended cannot be started again. */
  readonly failed: Promise<never>;
  /** They write their data first. */
  stop(): Promise<void>;
};

/** Six servers that are one cluster, with data that lasts. A server that ends is started again. */
export function openNodes({ spec, ports, state, say }: NodesOptions): Nodes {
  const folder = join(state, `${ports[0]}-${ports.at(-1)}`);
  const passwordFile = join(state, 'password');
  const running = new Map<number, RedisServer>();
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => {}); // It may have no listener.
  const over = new AbortController();
  const dirOf = (port: number) => join(folder, String(port));

  async function start(): Promise<void> {
    const password = await keepPassword(passwordFile);
    const startNode = async (port: number) => {
      const settings = [...SETTINGS, ...CLUSTER_SETTINGS];
      running.set(port, await startRedis({ spec, dir: dirOf(port), port, password, settings, whenAbandoned: WHEN_ABANDONED }));
    };
    await makePrivateFolder(folder);
    for (const port of ports) await endLeftOver(dirOf(port), { port, password });
    await checkPorts(ports);
    await startJoined(startNode);
    for (const port of ports) keepUp({ port, running, startNode, say, stopping: over.signal }).catch(failure.reject);
  }

  async function startJoined(startNode: (port: number) => Promise<void>): Promise<void> {
    const joined = join(folder, 'joined');
    const isNew = !existsSync(joined);
    // What an interrupted start left is no cluster, and holds nothing.
    if (isNew) await Promise.all(ports.map((port) => rm(dirOf(port), { recursive: true, force: true })));
    await Promise.all(ports.map(startNode));
    const nodes = [...running.values()].toSorted((one, other) => one.port - other.port);
    await (isNew ? joinCluster(nodes) : clusterSound(nodes));
    if (isNew) await writeFile(joined, '');
  }

  async function stop(): Promise<void> {
    over.abort();
    await Promise.all([...running.values()].map((node) => node.stop()));
  }

  return { ports, folder, passwordFile, start, failed: failure.promise, stop };
}

async function checkPorts(ports: readonly number[]): Promise<void> {
  for (const port of ports.flatMap((one) => [one, one + BUS])) {
    if (await isFreePort(port)) continue;
    throw new Error(`port ${port} is in use. With other ports: npm run cluster -- --port 7101`);
  }
}
