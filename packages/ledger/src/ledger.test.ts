import { testRedis } from '@ringback/testkit';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createLedger } from './ledger.ts';

function setUp() {
  const { url, prefix } = testRedis();
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  return { redis, prefix, ledger: createLedger({ redis, prefix, window: 60_000 }) };
}

/** Callbacks that say the same each time. */
const same = (keys: readonly string[]) => keys.map((key) => ({ key, digest: `digest of ${key}` }));

describe('ledger', () => {
  it('gives a callback to the first batch that claims it', async () => {
    const { ledger } = setUp();
    expect(await ledger.claim('b1', same(['x', 'y']))).toEqual(['ours', 'ours']);
    expect(await ledger.claim('b2', same(['y', 'z']))).toEqual(['duplicate', 'ours']);
  });

  it('lets a batch that is run again find its own claims, until what it fanned out is marked done', async () => {
    const { ledger } = setUp();
    await ledger.claim('b1', same(['x', 'y']));
    expect(await ledger.claim('b1', same(['x', 'y']))).toEqual(['ours', 'ours']);
    await ledger.markDone('b1', ['x']);
    expect(await ledger.claim('b1', same(['x', 'y']))).toEqual(['done', 'ours']);
    expect(await ledger.claim('b2', same(['x', 'y']))).toEqual(['duplicate', 'duplicate']);
  });

  it('gives each callback to exactly one of many that claim it at once', async () => {
    const { ledger } = setUp();
    const claims = await Promise.all(Array.from({ length: 50 }, (_, index) => ledger.claim(`b${index}`, same(['x']))));
    expect(claims.flat().toSorted()).toEqual([...Array.from({ length: 49 }, () => 'duplicate'), 'ours']);
  });

  it('tells a repeat from another callback under the same identity, and lets the first one stay', async () => {
    const { ledger } = setUp();
    await ledger.claim('b1', [{ key: 'x', digest: 'one' }]);
    expect(await ledger.claim('b2', [{ key: 'x', digest: 'other' }])).toEqual(['conflict']);
    await ledger.markDone('b1', ['x']);
    expect(await ledger.claim('b2', [{ key: 'x', digest: 'other' }])).toEqual(['conflict']);
    expect(await ledger.claim('b3', [{ key: 'x', digest: 'one' }])).toEqual(['duplicate']);
  });

  it('takes a repeat for a duplicate where it no longer knows what the first one said', async () => {
    const { ledger } = setUp();
    await ledger.markDone('b1', ['x']);
    expect(await ledger.claim('b2', [{ key: 'x', digest: 'one' }])).toEqual(['duplicate']);
  });

  it('keeps the outcomes of each output apart, also of one named like a field of its own', async () => {
    const { ledger } = setUp();
    await ledger.claim('b1', same(['x', 'y']));
    await ledger.record([
      { key: 'x', output: 'crm', outcome: 'delivered' },
      { key: 'y', output: 'crm', outcome: 'retrying' },
      { key: 'x', output: 'claim', outcome: 'dead' },
    ]);
    expect(await ledger.outcomes('crm', ['y', 'x', 'z'])).toEqual(['retrying', 'delivered', undefined]);
    expect(await ledger.outcomes('claim', ['x'])).toEqual(['dead']);
    expect(await ledger.claim('b2', same(['x']))).toEqual(['duplicate']);
  });

  it('forgets a callback when the window is over, whatever was recorded when', async () => {
    const { redis, prefix, ledger } = setUp();
    await ledger.claim('b1', same(['x']));
    await ledger.markDone('b1', ['x']);
    await ledger.record([{ key: 'late', output: 'crm', outcome: 'delivered' }]);
    for (const key of ['x', 'late']) {
      const ttl = await redis.pttl(`${prefix}:ledger:${key}`);
      expect(ttl).toBeGreaterThan(50_000);
      expect(ttl).toBeLessThanOrEqual(60_000);
    }
  });

  it('does not mind a server that has forgotten its scripts', async () => {
    const { redis, ledger } = setUp();
    await ledger.claim('b1', same(['x']));
    await redis.script('FLUSH');
    expect(await ledger.claim('b2', same(['x']))).toEqual(['duplicate']);
  });

  it('asks nothing of Redis for no keys', async () => {
    const { redis, ledger } = setUp();
    redis.disconnect();
    expect(await ledger.claim('b1', same([]))).toEqual([]);
    await ledger.markDone('b1', []);
    expect(await ledger.outcomes('crm', [])).toEqual([]);
  });
});
