import { callbackKey, homeShardOf, shardOf } from '@ringback/contracts';
import type { BacklogBound } from '@ringback/queue';
import { testCallback, testRedis } from '@ringback/testkit';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished, vi } from 'vitest';
import { sharesOf } from './enqueue.ts';
import { createRoom } from './room.ts';

const DEADLINE = { timeout: 20_000, interval: 10 };

async function createWorld(bound: BacklogBound = {}) {
  const { url, prefix } = testRedis();
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  const stop = new AbortController();
  let full: string | undefined;
  const places = [{ number: 0, redis, prefix, full: async () => full }];
  const room = createRoom({ places, bound: () => bound, signal: stop.signal, now: () => 0 });
  const tell = vi.fn<(why: string) => void>();
  const wait = () => room.wait(new Map([[0, [{ output: 'crm' }]]]), tell);
  const note = (field: string, value: number) => redis.hset(`${prefix}:backlog`, `crm.${field}`, value);
  return { wait, tell, note, stop, setFull: (why: string | undefined) => void (full = why) };
}

it('waits while an output has enough, and while Redis is full, and then goes on', async () => {
  const { wait, tell, note, setFull } = await createWorld({ bytes: 1000 });
  await note('held', 2000);
  const waiting = wait();
  await vi.waitFor(() => expect(tell).toHaveBeenCalledWith('2000 deliveries wait for output crm'), DEADLINE);
  await note('bytes', 501);
  await note('held', 1);
  await vi.waitFor(() => expect(tell).toHaveBeenCalledWith('half of the backlog of output crm is used'), DEADLINE);
  setFull('Redis is full');
  await vi.waitFor(() => expect(tell).toHaveBeenCalledWith('Redis is full'), DEADLINE);
  await note('bytes', 500);
  setFull(undefined);
  expect(await waiting).toBe(true);
});

it('keeps half of a bound that counts deliveries for what comes in', async () => {
  const { wait, tell, note } = await createWorld({ held: 10 });
  await note('held', 6);
  const waiting = wait();
  await vi.waitFor(() => expect(tell).toHaveBeenCalledWith('half of the backlog of output crm is used'), DEADLINE);
  await note('held', 5);
  expect(await waiting).toBe(true);
});

it('ends the wait if the replay is to end', async () => {
  const { wait, tell, note, stop } = await createWorld();
  await note('held', 2000);
  const waiting = wait();
  await vi.waitFor(() => expect(tell).toHaveBeenCalled(), DEADLINE);
  stop.abort();
  expect(await waiting).toBe(false);
});

it('goes to the shard of each callback, and for an output with a rate limit to its home shard', () => {
  const callbacks = Array.from({ length: 20 }, (_, i) => testCallback(`r-${i}`));
  const outputs = [
    { name: 'crm', limited: false },
    { name: 'slow', limited: true },
  ];
  const shares = sharesOf(
    callbacks.map((callback) => ({ callback, to: ['crm', 'slow'] })),
    outputs,
    4,
  );
  for (const [shard, own] of shares) {
    const ofCrm = own.find(({ output }) => output === 'crm')?.callbacks ?? [];
    expect(ofCrm).toEqual(callbacks.filter((callback) => shardOf(callbackKey(callback), 4) === shard));
    const isHome = shard === homeShardOf('slow', 4);
    expect(own.find(({ output }) => output === 'slow')?.callbacks).toEqual(isHome ? callbacks : undefined);
  }
});
