import { randomUUID } from 'node:crypto';
import { createBodies } from '@ringback/queue';
import { testRedis } from '@ringback/testkit';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createMissing } from '../places.ts';
import { lookForAlerts, type QueuedAlert } from './alerts.ts';
import { createAlertState } from './state.ts';

const OUTPUTS = ['crm', 'ops', 'log'].map((name) => ({ name, limited: false }));
const ALERTS = { to: ['ops', 'log'], hold: 1, interval: 300_000, waiting: 300_000, every: 10_000 };

/** An installation whose processes only say that they run. */
async function createWorld() {
  const { url, prefix } = testRedis();
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  const bodies = createBodies({ redis, prefix });
  const warn = vi.fn<(fields: object, message: string) => void>();
  const damaged = vi.fn<Parameters<typeof createAlertState>[0]['damaged']>();
  const logger = { debug() {}, info() {}, warn, error() {} };
  const recorded: string[] = [];
  let now = 1_000_000;
  const parts = Object.fromEntries(OUTPUTS.map(({ name }) => [`output ${name}`, '1']));
  const fails = async (...outputs: string[]) => {
    const failing = Object.fromEntries(outputs.map((output) => [output, { since: 900_000, reason: 'HTTP 503' }]));
    const processes = [
      { id: 'w', app: 'worker', parts, failing },
      { id: 'i', app: 'ingress', parts: {} },
    ];
    for (const one of processes) {
      const running = { version: '1', host: 'h', pid: 1, startedAt: 1, ...one };
      await redis.multi().set(`${prefix}:process:${one.id}`, JSON.stringify(running)).sadd(`${prefix}:processes`, one.id).exec();
    }
  };
  function worker() {
    const state = createAlertState({ redis, prefix, id: randomUUID(), damaged });
    const places = { shardCount: 1, shards: [{ number: 0, redis, prefix }], history: undefined };
    const record = async ({ callback, to }: QueuedAlert) => void recorded.push(`${callback.id.split('/').at(-1)} ${to.join()}`);
    const common = { places, record, durability: 'memory', now: () => now, missing: () => createMissing(), logger } as const;
    return (more: { store?: typeof bodies.store; to?: readonly string[]; outputs?: typeof OUTPUTS } = {}) => {
      const write = [
        {
          bodies: { store: more.store ?? ((request: Parameters<typeof bodies.store>[0]) => bodies.store(request)) },
          confirm: async () => {},
        },
      ];
      const alerts = { ...ALERTS, to: more.to ?? ALERTS.to };
      now += 1000;
      return lookForAlerts({ ...common, state, write }, { alerts, memory: 0.8, outputs: more.outputs ?? OUTPUTS });
    };
  }
  async function told(output: string): Promise<string[]> {
    const about = (body: { condition: string; subject?: { name: string } }) => body.subject?.name ?? body.condition;
    const read = (await bodies.held(output)).map(async (id) => (await bodies.read(id, output))?.callbacks ?? []);
    return (await Promise.all(read)).flat().map(({ body, type }) => `${type} ${about(JSON.parse(body))}`);
  }
  const over = () => redis.del(`${prefix}:alerts.leader`);
  const passes = (ms: number) => void (now += ms);
  return { worker, fails, told, over, passes, warn, damaged, recorded, redis, prefix };
}

const FIRING = 'ringback.alert.firing';

it('one of several workers tells once, and another one goes on where it ended', async () => {
  const { worker, fails, told, over, recorded } = await createWorld();
  const [one, other] = [worker(), worker()];
  await fails('crm');
  for (const look of [one, other, one, other, one]) await look();
  expect(await told('ops')).toEqual([`${FIRING} crm`]);
  await over();
  await fails();
  for (const look of [other, other]) await look();
  expect(await told('ops')).toEqual([`${FIRING} crm`, 'ringback.alert.resolved crm']);
  expect(await told('log')).toEqual(await told('ops'));
  expect(await told('crm')).toEqual([]);
  expect(recorded).toEqual(['firing ops,log', 'resolved ops,log']);
});

it('what a killed worker had settled is queued by the next one, once', async () => {
  const { worker, fails, told, over, redis, prefix } = await createWorld();
  await fails('crm');
  const one = worker();
  const away = () => Promise.reject(new Error('away'));
  for (const store of [away, away]) await one({ store });
  expect(await told('ops')).toEqual([]);
  await over();
  const other = worker();
  const alerts = `${prefix}:alerts`;
  const settled = Object.entries(await redis.hgetall(alerts)).filter(([field]) => field.startsWith('notice'));
  await other();
  expect(settled).toHaveLength(1);
  // As if it was killed after it had queued it, and before it said so.
  await redis.hset(alerts, Object.fromEntries(settled));
  for (const _ of [1, 2]) await other();
  expect(await told('ops')).toEqual([`${FIRING} crm`]);
});

it('an alert about an output never goes to it, and is logged if there is no other', async () => {
  const { worker, fails, told, warn } = await createWorld();
  const look = worker();
  await fails('ops');
  for (const _ of [1, 2, 3]) await look();
  expect([await told('ops'), await told('log')]).toEqual([[], [`${FIRING} ops`]]);
  await fails('ops', 'crm');
  for (const _ of [1, 2, 3]) await look({ to: ['crm'] });
  expect(await told('crm')).toEqual([]);
  const line = {
    code: 'RB_ALERT_NOT_SENT',
    condition: 'output-failing',
    subject: { kind: 'output', name: 'crm' },
    reason: expect.any(String),
    outputs: [],
  };
  expect(warn.mock.calls.filter(([fields]) => 'code' in fields)).toEqual([[line, expect.any(String)]]);
});

it('what is damaged in Redis is thrown away, and said to be', async () => {
  const { worker, fails, told, damaged, redis, prefix } = await createWorld();
  const look = worker();
  await fails('crm');
  await redis.set(`${prefix}:alerts`, 'x');
  await redis.hset(`${prefix}:alerts.leader`, 'x', 'y');
  for (const _ of [1, 2]) expect(await look()).toEqual({ looked: true, missing: [] });
  expect(await told('ops')).toEqual([`${FIRING} crm`]);
  await redis.hset(`${prefix}:alerts`, {
    'entry x': '{"from":"then"}',
    'entry z': '{"from":1,"told":1,"firing":{"name":"dead-letters","severity":"warning","since":1e300,"text":"x"}}',
    'notice y': '{',
    later: 'of a newer version',
  });
  await look();
  expect(damaged.mock.calls.flat()).toEqual([
    { key: `${prefix}:alerts.leader` },
    { key: `${prefix}:alerts` },
    { key: `${prefix}:alerts`, fields: 3 },
  ]);
  const fields = Object.keys(await redis.hgetall(`${prefix}:alerts`)).toSorted();
  expect(fields).toEqual([expect.stringMatching(/^entry .*crm/), 'later']);
});

it('an alert that waits is for the outputs that are left, and is logged once if none is', async () => {
  const { worker, fails, told, warn, redis, prefix } = await createWorld();
  const look = worker();
  const away = () => Promise.reject(new Error('away'));
  const notices = async () => Object.keys(await redis.hgetall(`${prefix}:alerts`)).filter((field) => field.startsWith('notice'));
  const left = OUTPUTS.filter(({ name }) => name !== 'log');
  await fails('crm');
  for (const store of [away, away]) await look({ store });
  await look({ outputs: left });
  expect([await told('ops'), await told('log'), await notices()]).toEqual([[`${FIRING} crm`], [], []]);
  await fails('crm', 'ops');
  for (const store of [away, away]) await look({ store });
  expect(await notices()).toHaveLength(1);
  for (const _ of [1, 2]) await look({ outputs: left });
  const lost = warn.mock.calls.filter(([, message]) => message.includes('left the settings'));
  expect(lost).toEqual([[{ code: 'RB_ALERT_NOT_SENT', requestID: expect.any(String), outputs: ['log'] }, expect.any(String)]]);
  expect([await told('ops'), await told('log'), await notices()]).toEqual([[`${FIRING} crm`], [], []]);
});

it('what nothing ends is over a quarter of an hour after the last one', async () => {
  const { worker, fails, told, passes, redis, prefix } = await createWorld();
  const look = worker();
  await fails();
  await redis.hset(`${prefix}:lately`, 'unrouted', 1_000_000);
  for (const _ of [1, 2]) await look();
  expect(await told('ops')).toEqual([`${FIRING} unrouted`]);
  passes(15 * 60_000);
  for (const _ of [1, 2]) await look();
  const about = (await told('ops')).filter((one) => one.endsWith(' unrouted'));
  expect(about).toEqual([`${FIRING} unrouted`, 'ringback.alert.resolved unrouted']);
});
