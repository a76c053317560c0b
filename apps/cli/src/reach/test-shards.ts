import { createBodies, createDeliveryProducer, noteOutputs, type QueueState } from '@ringback/queue';
import { connectForCommand, noteShardCount, shardsOf } from '@ringback/redis';
import { type RedisSet, testCallback } from '@ringback/testkit';
import { Queue } from 'bullmq';
import { expect, onTestFinished, vi } from 'vitest';
import { testFile } from '../run-cli.ts';
import { runCommand } from '../test-commands.ts';

export const SHARDS = 4;
const delivery = { retry: { attempts: 3, giveUpAfter: 86_400_000, minDelay: 60_000, maxDelay: 60_000 } };

export type TestShard = Pick<Awaited<ReturnType<typeof connectShard>>, 'redis' | 'prefix'>;

async function connectShard(shard: ReturnType<typeof shardsOf>[number]) {
  const redis = await connectForCommand({ ...shard, name: 'test' });
  onTestFinished(() => redis.disconnect());
  return { redis, prefix: shard.prefix };
}

/** For tests: four shards of one installation on a cluster, and the command line in this process. */
export async function installOn(set: RedisSet, prefix: string) {
  const all = await Promise.all(shardsOf({ cluster: { nodes: [...set.nodes] }, prefix, shards: SHARDS }).map(connectShard));
  const [s0, s1, s2, s3] = all;
  if (!s0 || !s1 || !s2 || !s3) throw new Error('there are four shards');
  await noteShardCount({ ...s0, usedBy: [] }, SHARDS);
  const file = await testFile(
    'ringback.yaml',
    `
redis: { prefix: ${prefix}, shards: ${SHARDS}, ${set.settings} }
sources: [{ name: callbot, type: callbot, accounts: [{ uuid: u, secrets: [s3cret-value] }] }]
outputs:
  - { name: crm, type: webhook, url: 'https://example.com/hook' }
  - { name: slow, type: webhook, url: 'https://example.com/hook', rateLimit: { max: 5, per: 1s } }
routes: [{ to: [crm] }]
`,
  );
  return { shards: [s0, s1, s2, s3] as const, file, cli: (...args: readonly string[]) => run([...args, '--config', file]) };
}

const linesOf = (text: string) => text.split('\n').slice(0, -1);

async function run(args: readonly string[]) {
  const { code, out, err } = await runCommand(args);
  return { success: code === 0, out: linesOf(out), err: linesOf(err) };
}

export function producerOf(shard: TestShard, output: string) {
  const producer = createDeliveryProducer({ ...shard, output, delivery, nearlyFull: () => false });
  onTestFinished(() => producer.close());
  return producer;
}

export function queueOf({ redis, prefix }: TestShard, name: string): Queue {
  const queue = new Queue(name, { connection: redis, prefix });
  onTestFinished(() => queue.close());
  return queue;
}

/** A dead letter, stored by reference. */
export async function fail(shard: TestShard, id: string, output = 'crm'): Promise<void> {
  const share = { output, callbacks: [testCallback(id)], state: 'queued', beyond: 'held' } as const;
  await createBodies(shard).store({ id, batch: id, again: false, compact: true, shares: [share] });
  await producerOf(shard, output).addRefused(id, { reason: 'HTTP 410', fault: 'theirs' });
}

export const arePaused = (shards: readonly TestShard[], open: (shard: TestShard) => QueueState) =>
  Promise.all(shards.map((shard) => open(shard).isPaused()));

export const cellsOf = (line: string | undefined) => line?.split(/ {2,}/);

type Line = { readonly callbacks: readonly { readonly requestID: string }[] };

/** requestIDs of a list of what is kept, as JSON. */
export function idsIn(lines: readonly string[]): string[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the command prints
  return lines.map((line) => (JSON.parse(line) as Line).callbacks[0]?.requestID ?? '');
}

/** Each in a millisecond of its own. */
export async function inTurn(...steps: readonly (() => Promise<unknown>)[]): Promise<void> {
  for (const step of steps) {
    const before = Date.now();
    await step();
    await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(before + 1), { interval: 1 });
  }
}

/** The primary of that shard, and whoever could take its place. */
export async function killPrimaryOf(set: RedisSet, shard: TestShard): Promise<number> {
  const primary = await set.primary(`${shard.prefix}:`);
  const place = set.servers.indexOf(primary);
  const replica = set.servers[(place + set.servers.length / 2) % set.servers.length];
  await Promise.all([primary.kill(), replica?.kill()]);
  return primary.port;
}

/** Four deliveries of an output that is in no settings, one on each shard. */
export async function withRemoved(set: RedisSet, prefix: string) {
  const all = await installOn(set, prefix);
  for (const [number, shard] of all.shards.entries()) {
    await noteOutputs(shard, ['crm', 'slow', 'old']);
    await producerOf(shard, 'old').addBatch({ id: `b${number}`, callbacks: [testCallback(`${number}`)], again: false });
  }
  return all;
}

export const heldAt = (shards: readonly TestShard[], output: string) =>
  Promise.all(shards.map(async (shard) => (await createBodies(shard).held(output)).length));
