import type { Redis } from 'ioredis';
import { outputQueueName } from '../bullmq/names.ts';
import { askAll, inPortions, type QueueFacts, readQueues } from '../bullmq/read-queues.ts';
import { createBodies } from './bodies/bodies.ts';
import { heldKey } from './bodies/keys.ts';

type Access = { readonly redis: Redis; readonly prefix: string };

/** What stands for outputs in one shard, in their order. `oldest`: held deliveries too. Writes nothing. */
export async function readOutputQueues(access: Access, outputs: readonly string[]): Promise<QueueFacts[]> {
  const facts = await readQueues(access, outputs.map(outputQueueName));
  const held = await oldestHeld(access, outputs);
  return facts.map((own, index) => ({ ...own, oldest: earlier(own.oldest, held[index]) }));
}

/** When the first entry of each held list was received: that is the oldest. */
async function oldestHeld(access: Access, outputs: readonly string[]): Promise<(number | undefined)[]> {
  const bodies = createBodies(access);
  const all: (number | undefined)[] = [];
  for (const some of inPortions(outputs)) {
    const ids = await askAll(
      access,
      some.map((output) => ['lindex', heldKey(access.prefix, output), '0']),
    );
    all.push(...(await Promise.all(some.map((output, index) => receivedAt(bodies, output, ids[index])))));
  }
  return all;
}

async function receivedAt(bodies: Pick<ReturnType<typeof createBodies>, 'read'>, output: string, id: unknown) {
  if (typeof id !== 'string') return undefined;
  const stored = await bodies.read(id, output).catch(() => undefined);
  return stored?.callbacks.map((callback) => callback.receivedAt).reduce(earlier, undefined);
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.min(a, b);
}
