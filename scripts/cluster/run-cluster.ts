import { realpathSync } from 'node:fs';
import { join, relative } from 'node:path';
import { once } from 'node:events';
import { openStdout, VERSION } from '@ringback/observability';
import { CLUSTER_SIZE, findRedis } from '@ringback/redis-server';
import { tryLock } from '../lock.mjs';
import { clusterServer } from './cluster-server.ts';
import { type Nodes, openNodes } from './nodes.ts';

export type ClusterOptions = {
  /** `.ringback` in it holds data and caches. */
  readonly folder: string;
  /** Of the first node. The others listen at the next ports. */
  readonly port: number;
};

const SHARDS = 16;

/** Runs until told to stop (exit code 0), or until it cannot go on (1). */
export async function runCluster(options: ClusterOptions): Promise<void> {
  const stopping = stopSignal();
  try {
    await runUntil(stopping, { ...options, folder: realpathSync(options.folder) });
  } catch (error) {
    if (!stopping.aborted) {
      process.exitCode = 1;
      console.error(`ringback: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  process.exit();
}

async function runUntil(stopping: AbortSignal, { folder, port }: ClusterOptions): Promise<void> {
  const release = await tryLock(`${folder} cluster ${port}`);
  if (release === undefined) throw new Error(`the cluster at port ${port} already runs in this folder`);
  const stdout = openStdout();
  const say = (line: string) => stdout.log(`${line}\n`);
  const state = join(folder, '.ringback');
  const spec = clusterServer(await findRedis({ cache: join(state, 'cache'), signal: stopping }));
  const ports = Array.from({ length: CLUSTER_SIZE }, (_, index) => port + index);
  const nodes = openNodes({ spec, ports, state: join(state, 'cluster'), say });
  const told = once(stopping, 'abort');
  try {
    say(`ringback ${VERSION}`);
    await Promise.race([told, nodes.start()]);
    stopping.throwIfAborted();
    say(`cluster  is up: ${spec.label}, data in ${relative(folder, nodes.folder)}`);
    say(nextSteps(nodes));
    await Promise.race([told, nodes.failed]);
    say('stopping: its data stays');
  } finally {
    await nodes.stop();
    release();
  }
}

/** Aborts at the first signal. The second ends this process, and with it the nodes. */
function stopSignal(): AbortSignal {
  const stopping = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (stopping.signal.aborted) process.exit(1);
      stopping.abort();
    });
  }
  return stopping.signal;
}

function nextSteps({ ports, passwordFile }: Nodes): string {
  const nodes = ports.map((port) => `'127.0.0.1:${port}'`).join(', ');
  return `
Settings for it (examples/cluster.yaml has them for the default ports):
  redis:
    cluster: { nodes: [${nodes}] }
    passwordFile: ${passwordFile}
    durability: replica
    shards: ${SHARDS}
In another terminal:
  npm start -- --config examples/cluster.yaml --ingresses 2 --workers 4
A node that ends is started again. Ctrl-C stops the cluster. Its data stays for the next time.
`;
}
