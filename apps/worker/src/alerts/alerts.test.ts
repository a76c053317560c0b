import { createSecret } from '@ringback/contracts';
import { createBodies } from '@ringback/queue';
import { startRedisServer } from '@ringback/testkit';
import { expect, it, onTestFinished, vi } from 'vitest';
import { openShard } from '../shard/shard.ts';
import { startAlerts } from './alerts.ts';
import type { LookResult } from './report-looks.ts';

const SOON = { timeout: 20_000, interval: 20 };
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

/** Looks for problems in a Redis where no process says that it runs. */
async function startLooks() {
  const server = await startRedisServer({ appendfsync: 'everysec' });
  const lines: string[] = [];
  const log = (_fields: object, message: string) => void lines.push(message);
  const logger = { debug() {}, info: log, warn: log, error: log };
  const now = () => performance.now();
  const settings = () => ({ ...SETTINGS, routes: [], alerts: { ...SETTINGS.alerts, to: ['ops'] } });
  const shard = openShard({ shard: { url: createSecret(server.url), prefix: 'rb' }, number: 0, settings, now, logger });
  const counts: Record<LookResult, number> = { succeeded: 0, incomplete: 0, failed: 0 };
  const counted = (result: LookResult) => void (counts[result] += 1);
  const alerts = startAlerts({ settings, shards: [shard], counted, now, logger });
  onTestFinished(async () => {
    await alerts.close();
    shard.watch.close();
    shard.access.redis.disconnect();
  });
  const bodies = createBodies(shard.access);
  async function told(): Promise<string[]> {
    const read = await Promise.all((await bodies.held('ops')).map((id) => bodies.read(id, 'ops')));
    return read.flatMap((batch) => batch?.callbacks ?? []).map(({ id }) => id.replace(/\/\d+\//, '/'));
  }
  return { server, lines, counts, told };
}

it('looks fail within their deadline while Redis hangs or is killed: said once, counted, and over when it is back', async () => {
  const { server, lines, counts, told } = await startLooks();
  const saidSoon = (message: string, times: number) =>
    vi.waitFor(() => expect(lines.filter((line) => line === message)).toHaveLength(times), SOON);
  const outages = [
    { begin: () => server.pause(), end: () => server.resume() },
    { begin: () => server.kill(), end: () => server.start() },
  ];
  await vi.waitFor(() => expect(counts.succeeded).toBeGreaterThan(2), SOON);
  for (const [index, { begin, end }] of outages.entries()) {
    const { failed } = counts;
    await begin();
    await saidSoon(FAILS, index + 1);
    expect(counts.failed).toBeGreaterThan(failed);
    await end();
    await saidSoon(WORKS, index + 1);
  }
  expect(lines.filter((line) => line === FAILS)).toHaveLength(outages.length);
  // What was told stands in Redis.
  expect((await told()).toSorted()).toEqual(['no-ingress///firing', 'no-worker///firing']);
}, 150_000);
