import { cp, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { askRedis } from '@ringback/redis-server';
import type { Sink } from '@ringback/testkit';
import { expect, vi } from 'vitest';
import { parse, stringify } from 'yaml';
import { type Checkout, createCheckout, type Running } from '../scripts/test-checkout.ts';

const ROOT = join(import.meta.dirname, '..');
const SETTINGS = 'examples/cluster.yaml';
const SOON = { timeout: 180_000, interval: 50 };
const NODES = [0, 1, 2, 3, 4, 5];

/** The commands of docs/scaling.md, as they stand there. */
export async function commandsOfDocs(): Promise<string[]> {
  const page = await readFile(join(ROOT, 'docs/scaling.md'), 'utf8');
  const [, block = ''] = /^## On your machine\n[^#]*?^```\n([^]*?)^```/m.exec(page) ?? [];
  return block.split('\n').flatMap((line) => line.replace(/ +#.*/, '') || []);
}

export type Place = {
  /** The nodes have six ports from here on, the ingresses the next two. */
  readonly first: number;
  readonly destination: string;
  /** `outputs[].concurrency`. */
  readonly attempts: number;
};

/** This checkout in a folder of its own, with other ports in its settings, and a destination that counts. */
export async function checkoutAt({ first, destination, attempts }: Place): Promise<Checkout> {
  const made = await createCheckout();
  for (const name of ['node_modules', 'apps', 'packages']) await symlink(join(ROOT, name), join(made.root, name));
  for (const name of ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml']) await cp(join(ROOT, name), join(made.root, name));
  const settings = parse(await readFile(join(ROOT, SETTINGS), 'utf8'));
  const nodesAt = (port: number) => NODES.map((index) => `127.0.0.1:${port + index}`);
  expect(settings).toMatchObject({
    redis: { cluster: { nodes: nodesAt(7001) }, shards: 16, durability: 'replica' },
    ingress: { port: 8080 },
    outputs: [{ type: 'stdout' }],
  });
  settings.redis.cluster.nodes = nodesAt(first);
  settings.ingress.port = first + NODES.length;
  settings.outputs = [{ ...settings.outputs[0], type: 'webhook', url: destination, concurrency: attempts }];
  await made.write(SETTINGS, stringify(settings));
  await made.redis();
  return made;
}

/** Waits until a command says it. */
export function said(running: Running, text: RegExp): Promise<unknown> {
  return vi.waitFor(() => {
    const all = running.stdout() + running.stderr();
    if (!text.test(all)) throw new Error(`${text} is not in: ${all.slice(-3000)}`);
  }, SOON);
}

export type Nodes = {
  /** SIGKILL of the first node, which MUST be a primary. */
  kill(): Promise<void>;
  /** How many keys each shard has. */
  keysPerShard(shards: number): Promise<number[]>;
};

/** The nodes of `npm run cluster`. */
export async function nodesOf({ root }: Checkout, first: number): Promise<Nodes> {
  const password = (await readFile(join(root, '.ringback/cluster/password'), 'utf8')).trim();
  const ask = (index: number, ...words: [string, ...(string | number)[]]) =>
    askRedis(`redis://:${password}@127.0.0.1:${first + index}`, ...words);
  return {
    async kill() {
      const info = String(await ask(0, 'INFO'));
      expect(info).toContain('role:master');
      process.kill(Number(/process_id:(\d+)/.exec(info)?.[1]), 'SIGKILL');
    },
    keysPerShard: (shards) =>
      Promise.all(
        Array.from({ length: shards }, async (_, shard) => {
          const slot = Number(await ask(0, 'CLUSTER', 'KEYSLOT', `{ringback:${shard}}:`));
          const counts = await Promise.all(NODES.map((index) => ask(index, 'CLUSTER', 'COUNTKEYSINSLOT', slot)));
          return Math.max(...counts.map(Number));
        }),
      ),
  };
}

/** Waits until each of these has arrived. @returns how many came again, and how many of these under another key */
export async function untilArrived(sink: Sink, acked: Iterable<string>): Promise<{ repeats: number; underAnotherKey: number }> {
  const missing = new Set(acked);
  const keys = new Map<string, string>();
  let [read, repeats, underAnotherKey] = [0, 0, 0];
  await vi.waitFor(() => {
    for (const { body, headers } of sink.requests.slice(read)) {
      const id = String(JSON.parse(body.toString()).requestID);
      const key = String(headers['webhook-id']);
      if (keys.has(id)) repeats += 1;
      if ((keys.get(id) ?? key) !== key) underAnotherKey += 1;
      keys.set(id, key);
      missing.delete(id);
      read += 1;
    }
    expect([...missing].slice(0, 10)).toEqual([]);
  }, SOON);
  return { repeats, underAnotherKey };
}
