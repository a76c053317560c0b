import { startCluster } from '@ringback/testkit';
import { expect, it, vi } from 'vitest';
import { allShards, callbacksOf, createWorld, SHARDS, SOON } from './worker-shards-world.ts';

const PAUSED = 'output paused after failures';
const PROBED = 'trying one delivery';
const RECOVERED = 'output recovered';

it('has one breaker and one rate limit for all shards, in one worker and in workers that share the shards', async () => {
  const set = await startCluster({ replicas: false });
  const settings = 'concurrency: 2, retry: { minDelay: 100ms, maxDelay: 500ms }, breaker: { failures: 3, cooldown: 300ms }';
  const outputs = { crm: settings, slow: 'rateLimit: { max: 8, per: 1s }', ops: '' };
  const world = await createWorld({ set, prefix: 'outputs', outputs });
  const { put, arrives, arrived, sink, startWorker } = world;
  const { process: worker } = await startWorker();
  const lines = (message: string) => worker.lines.filter(({ msg }) => msg === message);

  let failures = 0;
  sink.answer((_, { path }) => {
    if (path !== '/crm') return 200;
    failures += 1;
    return 503;
  });
  const first = allShards.map((shard) => callbacksOf(shard, 'f', 5));
  for (const shard of allShards) await put(shard, `f${shard}`, first[shard] ?? []);
  await vi.waitFor(() => expect(failures).toBeGreaterThan(3 + 5), SOON);
  await arrives('ops', first.flat());
  sink.answer(200);
  await arrives('crm', first.flat());
  const [recovered, ...more] = lines(RECOVERED);
  // Three open it, and one may be under way then. With a breaker for each shard these would be four times as many.
  expect(failures - (Number(recovered?.['probes']) - 1)).toBeLessThanOrEqual(3 + 1);
  expect(more).toEqual([]);
  expect(lines(PROBED)).toHaveLength(lines(PAUSED).length);

  // n + served × (outputs without a limit + 1) + 1 for the output with a limit + 2 for the process.
  expect(await connections(set)).toBe(SHARDS + SHARDS * (2 + 1) + 1 + 2);
  expect(await worker.stop()).toBe(0);

  // Each callback is served by one of them; the home shard of the rate limit is only one's.
  const halves = await Promise.all([startWorker('shards: [0, 1]'), startWorker('shards: [2, 3]')]);
  const second = allShards.map((shard) => callbacksOf(shard, 's', 6));
  for (const shard of allShards) await put(shard, `s${shard}`, second[shard] ?? []);
  for (const output of ['crm', 'ops', 'slow']) await arrives(output, second.flat());
  for (const { process } of halves) {
    const shards = process.lines.flatMap((line) => (line['msg'] === 'batch dispatched' ? [Number(line['shard'])] : []));
    expect(shards.toSorted((a, b) => a - b)).toEqual(process === halves[0]?.process ? [0, 1] : [2, 3]);
  }
  for (const output of ['ops', 'slow']) expect(arrived(output)).toHaveLength(new Set(arrived(output)).size);
  const times = sink.requests
    .filter(({ path, body }) => path === '/slow' && String(body).includes('"s-'))
    .map(({ time }) => time);
  // 24 deliveries, 8 a second. Each shard has 6: if it counted alone, nothing would wait.
  expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(1500);
}, 180_000);

/** BullMQ names those on which it waits by prefix and queue. */
const OURS = / name=(ringback-worker|\{outputs:)/;

/** How many connections of ours all servers have. */
async function connections({ servers, ask }: Awaited<ReturnType<typeof startCluster>>): Promise<number> {
  const lists = await Promise.all(servers.map((server) => ask(server, 'CLIENT', 'LIST')));
  return lists.flatMap((list) => String(list).split('\n')).filter((line) => OURS.test(line)).length;
}
