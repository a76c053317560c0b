import { type Callback, callbackKey, groupCallbacks, shardOf } from '@ringback/contracts';
import { createSink, type RedisSet, startApp, writeSettings } from '@ringback/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { expect, onTestFinished, vi } from 'vitest';

export const SHARDS = 4;
export const SOON = { timeout: 60_000, interval: 50 };

type Server = Awaited<ReturnType<RedisSet['primary']>>;

export type WorldOptions = {
  readonly set: RedisSet;
  readonly prefix: string;
  /** YAML flow of each output beside name, type and URL, by name. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Such as `dedupe: { … }`, a line each. */
  readonly more?: string;
};

/** Workers on four shards of a cluster, and a test that puts callbacks into the shards itself. */
export async function createWorld({ set, prefix, outputs, more = '' }: WorldOptions) {
  const sink = await createSink();
  onTestFinished(() => sink.close());
  const prefixOf = (shard: number) => `{${prefix}:${shard}}`;
  const settingsFor = (worker: string) => `
worker: { adminPort: 0, lockDuration: 4s, ${worker} }
redis: { ${set.settings}, prefix: ${prefix}, shards: ${SHARDS} }
${more}
sources: [{ name: events, type: hmac, path: /events, secrets: [a-secret-that-nobody-else-has-1234], signature: { header: x-sign }, id: { json: id } }]
outputs:
${Object.entries(outputs)
  .map(
    ([name, own]) =>
      `  - { name: ${name}, type: webhook, url: "${sink.url}/${name}", signingSecret: "whsec_${'A'.repeat(32)}", ${own} }`,
  )
  .join('\n')}
routes: [{ to: [${Object.keys(outputs).join(', ')}] }]
`;

  async function startWorker(worker = '') {
    const process = startApp({ app: 'worker', env: { RINGBACK_CONFIG: await writeSettings(settingsFor(worker)) } });
    const line = await process.line('worker is up');
    return { process, adminUrl: String(line['adminUrl']) };
  }

  return { sink, prefixOf, startWorker, ...createQueues(set, prefixOf), ...lookAt(sink) };
}

function createQueues(set: RedisSet, prefixOf: (shard: number) => string) {
  async function withQueue<T>(shard: number, work: (queue: Queue, redis: Redis) => Promise<T>): Promise<T> {
    const redis = new Redis((await set.primary(`${prefixOf(shard)}:`)).url, { maxRetriesPerRequest: null });
    const queue = new Queue('callbacks', { connection: redis, prefix: prefixOf(shard) });
    try {
      return await work(queue, redis);
    } finally {
      await queue.close();
      redis.disconnect();
    }
  }
  return {
    withQueue,
    /** As the ingress does. */
    put: (shard: number, id: string, callbacks: readonly Callback[]) =>
      withQueue(shard, (queue) =>
        queue.add('batch', { v: 1, groups: groupCallbacks(callbacks) }, { jobId: id, attempts: 200, removeOnComplete: true }),
      ),
    serverOf: (shard: number): Promise<Server> => set.primary(`${prefixOf(shard)}:`),
  };
}

function lookAt({ requests }: Awaited<ReturnType<typeof createSink>>) {
  const arrived = (output: string) =>
    requests.filter(({ path }) => path === `/${output}`).map(({ body }) => String(JSON.parse(String(body)).requestID));
  return {
    /** The ids of the callbacks that an output got, repeats included. */
    arrived: (output: string) => arrived(output).toSorted(),
    arrives: (output: string, callbacks: readonly Callback[]) =>
      vi.waitFor(() => {
        const got = arrived(output);
        expect(callbacks.map(({ id }) => id).filter((id) => !got.includes(id))).toEqual([]);
      }, SOON),
  };
}

/** Callbacks of a shard, with names of their own. */
export function callbacksOf(shard: number, name: string, count: number, about?: (index: number) => string): Callback[] {
  const found: Callback[] = [];
  for (let index = 0; found.length < count; index += 1) {
    const own = { id: `${name}-${index}`, source: 'events', account: 'events' };
    if (shardOf(callbackKey(own), SHARDS) !== shard) continue;
    const said = about && { about: about(found.length) };
    found.push({ ...own, type: 'event', time: 1, receivedAt: 2, body: JSON.stringify({ id: own.id }), ...said });
  }
  return found;
}

/** Of every shard. */
export const allShards = Array.from({ length: SHARDS }, (_, shard) => shard);
