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

  it('lets a batch that is run again find its own claims', async () => {
    const { ledger } = setUp();
    await ledger.claim('b1', same(['x', 'y']));
    expect(await ledger.claim('b1', same(['x', 'y', 'z']))).toEqual(['again', 'again', 'ours']);
    expect(await ledger.claim('b2', same(['x', 'y']))).toEqual(['duplicate', 'duplicate']);
  });

  it('tells batches apart of which one is called like the beginning of another', async () => {
    const { ledger } = setUp();
    await ledger.claim('b10', same(['x']));
    expect(await ledger.claim('b1', same(['x']))).toEqual(['duplicate']);
  });

  it('gives up the claims of a batch, and of no other', async () => {
    const { ledger } = setUp();
    await ledger.claim('b1', same(['x', 'y']));
    await ledger.claim('b10', same(['z']));
    await ledger.release('b1', ['x', 'z', 'unknown']);
    expect(await ledger.claim('b2', same(['x', 'y', 'z']))).toEqual(['ours', 'duplicate', 'duplicate']);
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
    expect(await ledger.claim('b3', [{ key: 'x', digest: 'one' }])).toEqual(['duplicate']);
  });

  it('keeps the outcomes of each batch at each output apart, and the newest of each', async () => {
    const { ledger } = setUp();
    await ledger.record('crm', [
      { batch: 'b1', key: 'x', outcome: 'delivered' },
      { batch: 'b2', key: 'z', outcome: 'dead' },
      { batch: 'b1', key: 'y', outcome: 'retrying' },
    ]);
    await ledger.record('ops', [{ batch: 'b1', key: 'x', outcome: 'dead' }]);
    await ledger.record('crm', [{ batch: 'b2', key: 'z', outcome: 'delivered' }]);
    expect(await ledger.outcomes({ batch: 'b1', output: 'crm' }, ['y', 'x', 'z'])).toEqual(['retrying', 'delivered', undefined]);
    expect(await ledger.outcomes({ batch: 'b2', output: 'crm' }, ['z'])).toEqual(['delivered']);
    expect(await ledger.outcomes({ batch: 'b1', output: 'ops' }, ['x', 'y'])).toEqual(['dead', undefined]);
  });

  it.each(['retrying', 'dead'] as const)(
    'lets what was delivered stay delivered when a late worker writes %s',
    async (outcome) => {
      const { ledger } = setUp();
      await ledger.record('crm', [{ batch: 'b1', key: 'x', outcome: 'delivered' }]);
      await ledger.record('crm', [
        { batch: 'b1', key: 'x', outcome },
        { batch: 'b1', key: 'y', outcome },
        { batch: 'b2', key: 'x', outcome },
      ]);
      expect(await ledger.outcomes({ batch: 'b1', output: 'crm' }, ['x', 'y'])).toEqual(['delivered', outcome]);
      expect(await ledger.outcomes({ batch: 'b2', output: 'crm' }, ['x'])).toEqual([outcome]);
    },
  );

  it('forgets a callback and its outcomes when the window is over', async () => {
    const { redis, prefix, ledger } = setUp();
    await ledger.claim('b1', same(['x']));
    await ledger.record('crm', [{ batch: 'b1', key: 'x', outcome: 'delivered' }]);
    for (const key of ['x', 'b1.crm']) {
      const ttl = await redis.pttl(`${prefix}:ledger:${key}`);
      expect(ttl).toBeGreaterThan(50_000);
      expect(ttl).toBeLessThanOrEqual(60_000);
    }
  });

  it('remembers the claims and outcomes of a batch for a window from its last run', async () => {
    const { redis, prefix, ledger } = setUp();
    const keys = ['x', 'y', 'b1.crm'].map((key) => `${prefix}:ledger:${key}`);
    const left = () => Promise.all(keys.map((key) => redis.pttl(key)));
    await ledger.claim('b1', same(['x']));
    await ledger.claim('b2', same(['y']));
    await ledger.record('crm', [{ batch: 'b1', key: 'x', outcome: 'delivered' }]);
    await Promise.all(keys.map((key) => redis.pexpire(key, 10_000)));
    expect(await ledger.claim('b1', same(['x', 'y']))).toEqual(['again', 'duplicate']);
    await ledger.renew('b1', ['crm', 'ops']);
    const [ours = 0, theirs = 0, outcomes = 0] = await left();
    expect(Math.min(ours, outcomes)).toBeGreaterThan(30_000);
    expect(theirs).toBeLessThanOrEqual(10_000);
    expect(await redis.exists(`${prefix}:ledger:b1.ops`)).toBe(0);
  });

  it('remembers deliveries that are tried for longer than a window, and only those of the batch', async () => {
    const { redis, prefix, ledger } = setUp();
    await ledger.claim('b1', same(['x']));
    await ledger.claim('b2', same(['y']));
    const retrying = { batch: 'b1', key: 'x', outcome: 'retrying' } as const;
    await ledger.record('crm', [retrying]);
    await ledger.keep({ batch: 'b1', output: 'crm' }, { keys: ['x', 'y', 'unknown'], forMs: 600_000 });
    // None of these may make it shorter again.
    await ledger.record('crm', [{ ...retrying, outcome: 'delivered' }]);
    await ledger.renew('b1', ['crm']);
    expect(await ledger.claim('b1', same(['x']))).toEqual(['again']);
    const [claim = 0, outcomes = 0, other = 0] = await Promise.all(
      ['x', 'b1.crm', 'y'].map((key) => redis.pttl(`${prefix}:ledger:${key}`)),
    );
    expect(Math.min(claim, outcomes)).toBeGreaterThan(600_000);
    expect(other).toBeLessThanOrEqual(60_000);
    expect(await redis.exists(`${prefix}:ledger:unknown`)).toBe(0);
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
    await ledger.record('crm', []);
    expect(await ledger.outcomes({ batch: 'b1', output: 'crm' }, [])).toEqual([]);
  });
});
