import { expect, it, vi } from 'vitest';
import { createShardsReadiness } from './shards-readiness.ts';

const AWAY = 'RB_REDIS_UNAVAILABLE: Redis does not answer';
const FULL = 'RB_OVERLOADED: Redis uses 81 % of its maxmemory';

function setUp(...numbers: number[]) {
  const reasons = new Map<number, readonly string[]>(numbers.map((shard) => [shard, []]));
  const shards = numbers.map((shard) => ({ shard, notReadyReasons: async () => reasons.get(shard) ?? [] }));
  let time = 0;
  const readiness = createShardsReadiness({ shards, now: () => time });
  return { reasons, readiness, pass: (ms: number) => (time += ms) };
}

it('is ready while one shard is, and names the others', async () => {
  const { reasons, readiness } = setUp(0, 1, 5);
  expect([await readiness.notReadyReasons(), readiness.facts()]).toEqual([[], {}]);
  reasons.set(0, [AWAY]).set(5, [AWAY]);
  expect(await readiness.notReadyReasons()).toEqual([]);
  expect(readiness.facts()).toEqual({ shardsNotReady: [{ shards: [0, 5], reasons: [AWAY] }] });
  reasons.set(1, [AWAY, FULL]);
  expect(await readiness.notReadyReasons()).toEqual([AWAY, FULL]);
  expect(readiness.facts()).toEqual({
    shardsNotReady: [
      { shards: [0, 5], reasons: [AWAY] },
      { shards: [1], reasons: [AWAY, FULL] },
    ],
  });
});

it('names no shard where there is only one', async () => {
  const { reasons, readiness } = setUp(0);
  reasons.set(0, [AWAY]);
  expect([await readiness.notReadyReasons(), readiness.facts()]).toEqual([[AWAY], {}]);
});

it('looks again by itself if its facts are old, without a wait', async () => {
  const { reasons, readiness, pass } = setUp(0, 1);
  await readiness.notReadyReasons();
  reasons.set(1, [FULL]);
  expect(readiness.facts()).toEqual({});
  pass(1000);
  expect(readiness.facts()).toEqual({});
  await vi.waitFor(() => expect(readiness.facts()).toEqual({ shardsNotReady: [{ shards: [1], reasons: [FULL] }] }));
});
