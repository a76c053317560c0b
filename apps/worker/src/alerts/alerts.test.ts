import { createSecret } from '@ringback/contracts';
import { createHttpClient, createOutput } from '@ringback/outputs';
import { createBodies } from '@ringback/queue';
import { createSink, type PrivateRedis, startRedisServer } from '@ringback/testkit';
import { expect, it, onTestFinished, vi } from 'vitest';
import { openShard } from '../shard/shard.ts';
import { startAlerts } from './alerts.ts';
import type { LookResult } from './report-looks.ts';

const SOON = { timeout: 60_000, interval: 20 };
const FAILS = 'could not look for problems: alerts are not told';
const WORKS = 'looks for problems work again';

const SETTINGS = {
  redis: { prefix: 'rb', shards: 1, durability: 'everysec', overload: { memory: { high: 0.8, low: 0.7 } } },
  worker: { adminHost: '', concurrency: 1, lockDuration: 2000, shutdownGrace: 1000, stuckAfter: 1000 },
  dedupe: { window: 60_000, businessKey: false },
  quarantine: { maxCount: 1, maxSize: 1, unrouted: { maxCount: 1, maxSize: 1 } },
  outputs: [{ name: 'ops', delivery: {} }],
  alerts: { to: ['ops'], hold: 1, interval: 300_000, waiting: 300_000, every: 1000 },
} as const;

/** A real webhook. */
async function openOps() {
  const [sink, http] = [await createSink(), createHttpClient()];
  onTestFinished(async () => {
    await http.close();
    await sink.close();
  });
  const deps = { http, writeLine: async () => {}, now: Date.now, sourceTypeOf: () => undefined };
  const settings = { url: createSecret(sink.url), headers: {} };
  const output = createOutput({ name: 'ops', type: 'webhook', settings }, deps);
  return { sink, outputs: () => [{ output, settings: { delivery: { timeout: 10_000 } } }] };
}

type Outputs = Parameters<typeof startAlerts>[0]['outputs'];

/** Looks for problems in a Redis where no process says that it runs. */
function startLooks(server: PrivateRedis, outputs: Outputs) {
  const lines: string[] = [];
  const log = (_fields: object, message: string) => void lines.push(message);
  const logger = { debug() {}, info: log, warn: log, error: log };
  const now = () => performance.now();
  const settings = () => ({ ...SETTINGS, routes: [], alerts: { ...SETTINGS.alerts, to: ['ops'] } });
  const shard = openShard({ shard: { url: createSecret(server.url), prefix: 'rb' }, number: 0, settings, now, logger });
  const counts: Record<LookResult, number> = { succeeded: 0, incomplete: 0, failed: 0 };
  const counted = (result: LookResult) => void (counts[result] += 1);
  const alerts = startAlerts({ settings, outputs, shards: [shard], counted, now, logger });
  onTestFinished(async () => {
    await alerts.close();
    shard.watch.close();
    shard.access.redis.disconnect();
  });
  const said = (message: string) => lines.filter((line) => line === message).length;
  return { counts, said, bodies: createBodies(shard.access) };
}

it('a look fails in time while Redis hangs or is killed: said once, counted, and over when it is back', async () => {
  const server = await startRedisServer({ appendfsync: 'everysec' });
  const { sink, outputs } = await openOps();
  const leader = startLooks(server, outputs);
  await vi.waitFor(() => expect(leader.counts.succeeded).toBeGreaterThan(2), SOON);
  const follower = startLooks(server, outputs);
  const workers = [leader, follower];
  const saidSoon = (message: string, times: number) =>
    vi.waitFor(() => expect(workers.map(({ said }) => said(message))).toEqual([times, times]), SOON);
  const told = () => sink.requests.map(({ body }) => JSON.parse(String(body)).data);

  server.pause();
  await saidSoon(FAILS, 1);
  // Past the queue, by the one that led. Both look on.
  await vi.waitFor(() => expect(told()).toHaveLength(1), SOON);
  await vi.waitFor(() => expect(Math.min(...workers.map(({ counts }) => counts.failed))).toBeGreaterThan(1), SOON);
  server.resume();
  await saidSoon(WORKS, 1);
  await vi.waitFor(() => expect(told()).toHaveLength(2), SOON);

  await server.kill();
  await saidSoon(FAILS, 2);
  await server.start();
  await saidSoon(WORKS, 2);

  const about = { condition: 'redis-away', severity: 'error', runbook: 'docs/runbook.md#redis-away' };
  expect(told()).toEqual([
    expect.objectContaining({
      ...about,
      type: 'ringback.alert.firing',
      text: expect.stringMatching(/^Redis does not answer the worker /),
    }),
    expect.objectContaining({ ...about, type: 'ringback.alert.resolved', since: told()[0]?.since }),
  ]);
  // What was told otherwise stands in Redis, and is told once.
  const { bodies } = leader;
  const queued = await Promise.all((await bodies.held('ops')).map((id) => bodies.read(id, 'ops')));
  const ids = queued.flatMap((batch) => batch?.callbacks ?? []).map(({ id }) => id.replace(/\w+\/firing$/, 'firing'));
  expect(ids.toSorted()).toEqual(['no-ingress///firing', 'no-worker///firing']);
}, 200_000);
