import { testCallback as callback } from '@ringback/testkit';
import { openDeadLetters, readBacklog, sweepBodies } from '@ringback/queue';
import type { Redis } from 'ioredis';
import { expect, it, onTestFinished, vi } from 'vitest';
import { DEADLINE, startOutputs } from './test-outputs.ts';

type Outputs = ReturnType<typeof startOutputs>;
const RATE_LIMIT = { rateLimit: { max: 1000, per: 1000 } };

/** Stores a batch of one callback for the output `crm`, which holds it; `damage`: nobody can read it. */
async function hold({ bodies, access }: Outputs, id: string, damage = false) {
  const share = { output: 'crm', callbacks: [callback(id)], state: 'held', beyond: 'held' } as const;
  await bodies.store({ id, batch: id, again: false, compact: damage, shares: [share] });
  if (damage) await access.redis.hset(`${access.prefix}:bodies:${id}`, 'bodies', 'z not deflated');
}

async function deadLetters({ access }: Outputs) {
  const store = await openDeadLetters({ ...access, outputs: ['crm', 'ops'], served: async () => true });
  onTestFinished(() => store.close());
  const list = async () => {
    const all = [];
    for await (const kept of store.find({})) all.push(kept);
    return all;
  };
  return { store, list };
}

const heldUp = (outputs: Outputs) => outputs.queue('crm').pause();

for (const [what, delivery] of [
  ['a rate-limited output', RATE_LIMIT],
  ['an output', {}],
] as const) {
  it(`sets a share of ${what} that cannot be read aside as a dead letter, says so, and goes on with the next`, async () => {
    const outputs = startOutputs({ crm: delivery });
    await heldUp(outputs);
    await hold(outputs, 'b1', true);
    await hold(outputs, 'b2');
    await outputs.queue('crm').resume();
    await vi.waitFor(() => expect(outputs.arrived('crm')).toEqual(['b2']), DEADLINE);
    const { store, list } = await deadLetters(outputs);
    await vi.waitFor(async () => expect(await list()).toHaveLength(1), DEADLINE);
    const [kept] = await list();
    expect(kept).toMatchObject({ kind: 'unreadable', output: 'crm', bodies: 'b1', callbacks: [], fault: 'ours' });
    expect(kept?.reason).toMatch(/^RB_PAYLOAD_INVALID: the stored bodies/);
    expect(outputs.logger.error.mock.calls).toMatchObject([
      [{ code: 'RB_PAYLOAD_INVALID' }, expect.stringContaining('set aside')],
    ]);
    await vi.waitFor(async () => expect(await outputs.keys('bodies')).toEqual(['bodies:b1']), DEADLINE);
    const backlog = async () => (await readBacklog(outputs.access)).get('crm');
    // It waits no more, so it takes nothing of the output's bound.
    await vi.waitFor(async () => expect(await backlog()).toMatchObject({ deliveries: 1, held: 0, bytes: 0 }), DEADLINE);
    // Purged, it leaves nothing.
    expect(kept && (await store.purge(kept))).toBeUndefined();
    await outputs.settled();
  });
}

for (const [what, delivery] of [
  ['a rate-limited output', RATE_LIMIT],
  ['an output', {}],
] as const) {
  it(`goes on with the next share of ${what} where something that is no hash stands under the id of one`, async () => {
    const outputs = startOutputs({ crm: delivery });
    const { access } = outputs;
    await heldUp(outputs);
    await hold(outputs, 'b1');
    await access.redis.set(`${access.prefix}:bodies:b1`, 'no hash');
    await hold(outputs, 'b2');
    await outputs.queue('crm').resume();
    await vi.waitFor(() => expect(outputs.arrived('crm')).toEqual(['b2']), DEADLINE);
    const { store, list } = await deadLetters(outputs);
    await vi.waitFor(async () => expect(await list()).toMatchObject([{ kind: 'unreadable', bodies: 'b1' }]), DEADLINE);
    expect(await sweepBodies({ ...access, stop: new AbortController().signal })).toBe(0);
    for (const kept of await list()) expect(await store.purge(kept)).toBeUndefined();
    expect([await list(), await outputs.keys('held')]).toEqual([[], []]);
  });
}

for (const [what, damage] of [
  ['cannot be read', (redis: Redis, key: string) => redis.hset(key, 'bodies', 'z not deflated')],
  ['are no hash', (redis: Redis, key: string) => redis.multi().del(key).set(key, 'no hash').exec()],
] as const) {
  it(`delivers a batch that is run again while the bodies of its first run ${what}, from the bodies that it has`, async () => {
    const outputs = startOutputs();
    const { access, run, queue, arrived } = outputs;
    for (const name of ['crm', 'ops']) await queue(name).pause();
    const to = { crm: [callback('x'), callback('y')], ops: [callback('y')] };
    await run('b1', to);
    await damage(access.redis, `${access.prefix}:bodies:b1`);
    for (const _ of [1, 2]) await run('b1', to, true);
    for (const name of ['crm', 'ops']) await queue(name).resume();
    await vi.waitFor(() => expect([arrived('crm'), arrived('ops')]).toEqual([['x', 'y'], ['y']]), DEADLINE);
    const { store, list } = await deadLetters(outputs);
    await vi.waitFor(async () => expect(await list()).toHaveLength(2), DEADLINE);
    for (const kept of await list()) expect(await store.purge(kept)).toBeUndefined();
    expect([arrived('crm'), arrived('ops')]).toEqual([['x', 'y'], ['y']]);
  });
}

it('lets go of a share whose entry cannot be read, as well', async () => {
  const outputs = startOutputs();
  const { access } = outputs;
  await heldUp(outputs);
  await hold(outputs, 'b1');
  await access.redis.hset(`${access.prefix}:bodies:b1`, '@crm', '{');
  await outputs.queue('crm').resume();
  const { store, list } = await deadLetters(outputs);
  await vi.waitFor(async () => expect(await list()).toMatchObject([{ kind: 'unreadable', bodies: 'b1' }]), DEADLINE);
  for (const kept of await list()) expect(await store.purge(kept)).toBeUndefined();
  expect([await outputs.keys('bodies'), await outputs.keys('held')]).toEqual([[], []]);
});

it('sets aside a share that has another job, and a replay attempts none of its deliveries twice', async () => {
  const outputs = startOutputs({ crm: RATE_LIMIT });
  const { bodies, access, lanes, arrived } = outputs;
  await heldUp(outputs);
  const callbacks = [callback('x'), callback('y')];
  const share = { output: 'crm', callbacks, state: 'held', beyond: 'held' } as const;
  await lanes.get('crm')?.producer.addBatch({ id: 'b1', callbacks: [callback('x')], again: false });
  const [job] = await outputs.queue('crm').getJobs(['waiting']);
  await job?.updateData({ v: 1, kind: 'damaged' });
  await bodies.store({ id: 'b1', batch: 'b1', again: false, compact: true, shares: [share] });
  await hold(outputs, 'b2');
  await outputs.queue('crm').resume();
  await vi.waitFor(() => expect(arrived('crm')).toEqual(['b2', 'y']), DEADLINE);
  const { store, list } = await deadLetters(outputs);
  await vi.waitFor(async () => expect(await list()).toHaveLength(2), DEADLINE);
  const all = await list();
  for (const kept of all.filter(({ kind }) => kind === 'unreadable')) await store.purge(kept);
  for (const kept of all.filter(({ kind }) => kind === 'batch')) expect(await store.replay(kept)).toBeUndefined();
  await vi.waitFor(() => expect(arrived('crm')).toEqual(['b2', 'x', 'y']), DEADLINE);
  await outputs.settled();
  expect(await access.redis.llen(`${access.prefix}:held:crm`)).toBe(0);
});

it('says why it cannot look, once, and looks ever more seldom', async () => {
  const outputs = startOutputs({ crm: RATE_LIMIT });
  const { access, logger } = outputs;
  await access.redis.set(`${access.prefix}:held:crm`, 'no list');
  await vi.waitFor(
    () => expect(logger.warn).toHaveBeenCalledWith(expect.objectContaining({ kind: 'WRONGTYPE' }), 'queue error'),
    DEADLINE,
  );
  expect(logger.warn).toHaveBeenCalledTimes(1);
  await access.redis.del(`${access.prefix}:held:crm`);
  await hold(outputs, 'b1');
  await vi.waitFor(() => expect(outputs.arrived('crm')).toEqual(['b1']), DEADLINE);
});

it('leaves a held share that a newer Ringback wrote for a newer worker, and goes on with the next', async () => {
  const outputs = startOutputs({ crm: RATE_LIMIT });
  const { access, logger, arrived } = outputs;
  await heldUp(outputs);
  await hold(outputs, 'b1');
  const key = `${access.prefix}:bodies:b1`;
  const written = String(await access.redis.hget(key, 'bodies'));
  await access.redis.hset(key, 'bodies', written.replace('"v":1', '"v":3'));
  await hold(outputs, 'b2');
  await outputs.queue('crm').resume();
  await vi.waitFor(() => expect(arrived('crm')).toEqual(['b2']), DEADLINE);
  const line = expect.objectContaining({ code: 'RB_PAYLOAD_NEWER', version: 3 });
  await vi.waitFor(() => expect(logger.warn).toHaveBeenCalledWith(line, 'job left for a newer worker'), DEADLINE);
  expect(logger.error).not.toHaveBeenCalled();
  await access.redis.hset(key, 'bodies', written);
  await vi.waitFor(() => expect(arrived('crm')).toEqual(['b1', 'b2']), DEADLINE);
  await outputs.settled();
});
