import { Redis } from 'ioredis';
import { expect, it, onTestFinished, vi } from 'vitest';
import { testRedis } from './redis.ts';
import { createRespProxy, type CommandHook, type Halt, type HaltSide } from './resp-proxy.ts';
import { until } from '@ringback/redis-server';

/** A proxy before the run's Redis, clients of it, and one that goes straight there. */
async function setUp() {
  const { url, prefix } = testRedis();
  const proxy = await createRespProxy({ port: Number(new URL(url).port) });
  const clients: Redis[] = [];
  onTestFinished(async () => {
    clients.forEach((client) => client.disconnect());
    await proxy.close();
  });
  const open = (port: number, options = {}) => {
    const client = new Redis({ port, host: '127.0.0.1', retryStrategy: () => 20, maxRetriesPerRequest: null, ...options });
    client.on('error', () => {});
    clients.push(client);
    return client;
  };
  const halts: Halt[] = [];
  const haltAt = (word: string, side: HaltSide) => proxy.watch(onceAt(word, side), (halt) => halts.push(halt));
  const halted = () => until(() => halts[0], { withinMs: 10_000, what: () => 'the halt' });
  return {
    proxy,
    key: `${prefix}:k`,
    client: open(proxy.port),
    open: () => open(proxy.port),
    direct: open(Number(new URL(url).port)),
    haltAt,
    halted,
  };
}

function onceAt(word: string, side: HaltSide): CommandHook {
  let met = false;
  return (command) => {
    if (met || !command.includes(word)) return undefined;
    met = true;
    return side;
  };
}

it.each([2, 3])('passes commands and replies of every kind, pipelined and blocking: RESP%i', async (version) => {
  const { client, key } = await setUp();
  await client.call('HELLO', String(version));
  const replies = await client.pipeline().set(key, 'é').get(key).incr(`${key}n`).hgetall(`${key}h`).lrange(key, '0', '-1').exec();
  expect(replies?.map(([error, value]) => error?.message.slice(0, 9) ?? value)).toEqual(['OK', 'é', 1, {}, 'WRONGTYPE']);
  const big = 'x'.repeat(1_000_000);
  await client.set(key, big);
  expect(await client.get(key)).toBe(big);
  expect(await client.blpop(`${key}none`, 0.01)).toBeNull();
});

it('tells of each command, its name in lower case', async () => {
  const { proxy, client, key } = await setUp();
  await client.ping();
  const seen: (readonly string[])[] = [];
  proxy.watch(
    (command) => void seen.push(command),
    () => {},
  );
  await Promise.all([client.set(key, '1'), client.get(key)]);
  expect(seen).toEqual([
    ['set', key, '1'],
    ['get', key],
  ]);
});

it('halts before a command: Redis sees neither it, nor later commands, nor other connections', async () => {
  const { client, open, direct, key, haltAt, halted } = await setUp();
  const other = open();
  await Promise.all([client.ping(), other.ping()]);
  haltAt('second', 'before');
  const values = client.pipeline().rpush(key, 'first').rpush(key, 'second').rpush(key, 'third').exec();
  const halt = await halted();
  expect(halt.command).toEqual(['rpush', key, 'second']);
  const late = other.rpush(key, 'other');
  await direct.ping();
  expect(await direct.lrange(key, 0, -1)).toEqual(['first']);
  halt.release();
  await Promise.all([values, late]);
  expect((await direct.lrange(key, 0, -1)).toSorted()).toEqual(['first', 'other', 'second', 'third']);
});

it('halts after a command: Redis has run it, its client gets no reply, and later commands wait', async () => {
  const { client, direct, key, haltAt, halted } = await setUp();
  await client.ping();
  haltAt('second', 'after');
  let heard = 0;
  const pushes = ['first', 'second', 'third'].map((value) => client.rpush(key, value).then(() => (heard += 1)));
  const halt = await halted();
  expect(await direct.lrange(key, 0, -1)).toEqual(['first', 'second']);
  expect(heard).toBeLessThan(2);
  halt.release();
  await Promise.all(pushes);
  expect(await direct.lrange(key, 0, -1)).toEqual(['first', 'second', 'third']);
});

it('cuts the connection of the command alone: its client did not hear the reply, and sends it again on a new one', async () => {
  const { client, open, direct, key, haltAt, halted } = await setUp();
  const other = open();
  await Promise.all([client.ping(), other.ping()]);
  let closed = 0;
  other.on('close', () => (closed += 1));
  haltAt('twice', 'after');
  const pushed = client.rpush(key, 'twice');
  (await halted()).cut();
  expect(await pushed).toBe(2);
  await other.ping();
  expect(await direct.lrange(key, 0, -1)).toEqual(['twice', 'twice']);
  expect(closed).toBe(0);
});

it('drops all connections with what was withheld, and serves new ones', async () => {
  const { client, open, direct, key, haltAt, halted } = await setUp();
  const other = open();
  await Promise.all([client.ping(), other.ping()]);
  haltAt('lost', 'before');
  client.set(key, 'lost').catch(() => {});
  const halt = await halted();
  other.set(`${key}other`, 'lost').catch(() => {});
  client.disconnect();
  other.disconnect();
  halt.drop();
  expect(await open().ping()).toBe('PONG');
  expect(await direct.mget(key, `${key}other`)).toEqual([null, null]);
});

it('forgets what an earlier hook had it wait for', async () => {
  const { proxy, client, direct, key, haltAt } = await setUp();
  await client.ping();
  haltAt(key, 'after');
  const popped = client.blpop(key, 0);
  await vi.waitFor(async () => expect(await direct.client('LIST')).toContain('cmd=blpop'), { interval: 5, timeout: 10_000 });
  proxy.watch(
    () => undefined,
    () => {},
  );
  await direct.rpush(key, 'value');
  expect(await popped).toEqual([key, 'value']);
  expect(await client.ping()).toBe('PONG');
});

it('refuses connections until it accepts them again', async () => {
  const { proxy, client } = await setUp();
  await client.ping();
  let closed = 0;
  client.on('close', () => (closed += 1));
  proxy.refuse();
  await vi.waitFor(() => expect(closed).toBeGreaterThan(1), { interval: 5, timeout: 10_000 });
  proxy.accept();
  expect(await client.ping()).toBe('PONG');
});
