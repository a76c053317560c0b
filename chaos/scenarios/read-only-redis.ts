import { freePort } from '@ringback/testkit/bare';
import { until } from '@ringback/testkit/bare';
import { Redis } from 'ioredis';
import type { AppSlot } from '../app-slot.ts';
import type { Scenario } from '../scenario.ts';
import type { World } from '../world.ts';

const WITHIN_MS = 60_000;
/**
 * Per app and fault, without lines of requests and attempts: the outage and each kind of error begin and end
 * once.
 */
const MOST_LINES = 20;
/** Fields of lines about a callback or a batch. */
const OF_TRAFFIC = new Set([
  'callback acked',
  'callback refused',
  'batch dispatched',
  'delivered',
  'attempt failed',
  'dead letter',
]);

type Fault = { readonly begin: (admin: Redis) => Promise<unknown>; readonly end: (admin: Redis) => Promise<unknown> };

const FAULTS: readonly Fault[] = [
  {
    // A replica of a missing server keeps its data.
    begin: async (admin) => admin.replicaof('127.0.0.1', await freePort()),
    end: (admin) => admin.replicaof('NO', 'ONE'),
  },
  {
    begin: (admin) => admin.config('SET', 'min-replicas-to-write', '1'),
    end: (admin) => admin.config('SET', 'min-replicas-to-write', '0'),
  },
  ...['@write', '@scripting', 'info'].map((rule) => ({
    begin: (admin: Redis) => admin.acl('SETUSER', 'default', `-${rule}`),
    end: (admin: Redis) => admin.acl('SETUSER', 'default', `+${rule}`),
  })),
];

/** One fault of the server, one of permissions. */
const SHORT = FAULTS.filter((_, index) => index === 0 || index === 3);

export const readOnlyRedis: Scenario = {
  name: 'read-only-redis',
  breaks:
    'Redis answers and refuses: a replica, too few replicas, a user who may not write, run scripts, or ask INFO; meanwhile a worker is replaced',
  loss: 'zero',
  setup: { workers: 2 },
  async break(world) {
    const admin = await connectAdmin(world.redis.url);
    try {
      for (const fault of world.size === 'full' ? FAULTS : SHORT) await breakOnce(world, fault, admin);
    } finally {
      admin.disconnect();
    }
    await world.pass(3000);
  },
  check: ({ refused }) => (refused > 0 ? [] : ['nothing was refused while Redis refused']),
};

/** Its own user: the faults take permissions from the apps' user. */
async function connectAdmin(url: string): Promise<Redis> {
  const first = new Redis(url);
  await first.acl('SETUSER', 'chaos', 'on', '>chaos', '~*', '&*', '+@all');
  first.disconnect();
  return new Redis(url.replace('//', '//chaos:chaos@'));
}

async function breakOnce({ ingresses, workers, moment, pass }: World, { begin, end }: Fault, admin: Redis): Promise<void> {
  const apps = [...ingresses, ...workers];
  await moment(2000);
  await begin(admin);
  await Promise.all(apps.map((app) => becomes(app, false)));
  await pass(4000);
  const [staying, leaving] = workers;
  if (staying === undefined || leaving === undefined) throw new Error('two workers are needed');
  const code = await leaving.replace();
  if (code !== 0) throw new Error(`a worker that was told to stop ended with ${code}`);
  for (const app of [...ingresses, staying]) expectQuiet(app);
  await end(admin);
  await Promise.all(apps.map((app) => becomes(app, true)));
  await moment(2000);
}

function becomes(app: AppSlot, ready: boolean): Promise<true> {
  return until(async () => (await app.readiness()).ready === ready, {
    withinMs: WITHIN_MS,
    what: () => `${app.name} to be ${ready ? 'ready' : 'not ready'}`,
  });
}

/** The number of lines MUST NOT depend on the length of an outage. */
function expectQuiet(app: AppSlot): void {
  const lines = app.lines().filter(({ msg }) => !OF_TRAFFIC.has(String(msg)));
  const faults = FAULTS.length;
  if (lines.length > MOST_LINES * faults)
    throw new Error(`${app.name} wrote ${lines.length} lines: ${JSON.stringify(lines.slice(-5))}`);
}
