import { type Callback, callbackKey } from '@ringback/contracts';
import { openDeadLetters, readBacklog } from '@ringback/queue';
import { readLately } from '@ringback/redis';
import { testCallback } from '@ringback/testkit';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { DEADLINE, startOutputs } from '../output/test-outputs.ts';

const callbacks = (...ids: string[]) => ids.map((id) => testCallback(id));
const many = (count: number) => Array.from({ length: count }, (_, index) => testCallback(`r${String(index).padStart(3, '0')}`));
const idsOf = (those: readonly Callback[]) => those.map(({ id }) => id).toSorted();

/** Lets the breaker of `crm` open by failures of its own. */
async function breakDown({ down, run, lanes }: ReturnType<typeof startOutputs>) {
  down.add('crm');
  await run('first', { crm: callbacks('f1', 'f2', 'f3') });
  await vi.waitFor(() => expect(lanes.get('crm')?.flow.flow()).toBe('stuck'), DEADLINE);
}

describe('a batch', () => {
  it('for one output that moves goes with its bodies in its job', async () => {
    const { run, queue, keys, arrived } = startOutputs();
    await queue('crm').pause();
    await run('b1', { crm: callbacks('x', 'y') });
    expect(await keys('bodies')).toEqual([]);
    expect((await queue('crm').getWaiting()).map(({ data }) => (data as { kind: string }).kind)).toEqual(['batch']);
    await queue('crm').resume();
    await vi.waitFor(() => expect(arrived('crm')).toEqual(['x', 'y']), DEADLINE);
  });

  it('for several outputs has its bodies once, and each output gets its own', async () => {
    const { run, queue, keys, arrived, settled } = startOutputs();
    for (const name of ['crm', 'ops']) await queue(name).pause();
    const [x, y, z] = callbacks('x', 'y', 'z') as [Callback, Callback, Callback];
    await run('b1', { crm: [x, y, z], ops: [z, x] });
    expect(await keys('bodies')).toEqual(['bodies:b1']);
    for (const name of ['crm', 'ops']) await queue(name).resume();
    await vi.waitFor(
      () =>
        expect([arrived('crm'), arrived('ops')]).toEqual([
          ['x', 'y', 'z'],
          ['x', 'z'],
        ]),
      DEADLINE,
    );
    await settled();
  });

  it('changes nothing when it is run again, before it is delivered or after', async () => {
    const { run, queue, bodies, ledger, arrived, settled } = startOutputs();
    // The lane may have seen by now that its queue is paused: then it holds what it would have queued.
    const standing = async (name: string) => (await queue(name).getWaitingCount()) + (await bodies.held(name, 10)).length;
    for (const name of ['crm', 'ops']) await queue(name).pause();
    const to = { crm: callbacks('x', 'y'), ops: callbacks('x') };
    await run('b1', to);
    await run('b1', to, true);
    for (const name of ['crm', 'ops']) expect(await standing(name)).toBe(1);
    for (const name of ['crm', 'ops']) await queue(name).resume();
    await settled();
    await run('b1', to, true);
    await settled();
    expect([arrived('crm'), arrived('ops')]).toEqual([['x', 'y'], ['x']]);
    const keys = to.crm.map(callbackKey);
    expect(await ledger.outcomes({ batch: 'b1', output: 'crm' }, keys)).toEqual(['delivered', 'delivered']);
  });

  it('adds only what is missing when it runs again with other settings', async () => {
    const { run, queue, arrived, settled } = startOutputs();
    for (const name of ['crm', 'ops']) await queue(name).pause();
    await run('b1', { crm: callbacks('x') });
    await run('b2', { crm: callbacks('p'), ops: callbacks('p') });
    const more = { crm: callbacks('x', 'y'), ops: callbacks('x', 'y') };
    for (const _ of [1, 2]) await run('b1', more, true);
    for (const _ of [1, 2]) await run('b2', { crm: callbacks('p', 'q'), ops: callbacks('q', 'p') }, true);
    for (const name of ['crm', 'ops']) await queue(name).resume();
    await vi.waitFor(
      () =>
        expect([arrived('crm'), arrived('ops')]).toEqual([
          ['p', 'q', 'x', 'y'],
          ['p', 'q', 'x', 'y'],
        ]),
      DEADLINE,
    );
    await settled();
    expect([arrived('crm'), arrived('ops')]).toEqual([
      ['p', 'q', 'x', 'y'],
      ['p', 'q', 'x', 'y'],
    ]);
  });
});

describe('an output that cannot take its deliveries', () => {
  it('holds them in bytes, without a job, while the other one gets its own; back, it gets all, each once', async () => {
    const world = startOutputs();
    const { access, down, run, queue, arrived, settled } = world;
    await breakDown(world);
    const all = many(300);
    for (let from = 0; from < 300; from += 10) {
      const some = all.slice(from, from + 10);
      await run(`b${from}`, { crm: some, ops: some });
    }
    await vi.waitFor(() => expect(arrived('ops')).toEqual(idsOf(all)), DEADLINE);
    const backlog = (await readBacklog(access)).get('crm');
    expect(backlog?.deliveries).toBe(300);
    // Probes take a batch now and then.
    expect(backlog?.held).toBeGreaterThan(0);
    expect(await queue('crm').getJobCountByTypes('waiting', 'delayed', 'active')).toBeLessThan(200);
    down.clear();
    await vi.waitFor(() => expect(arrived('crm')).toEqual(['f1', 'f2', 'f3', ...idsOf(all)]), DEADLINE);
    await settled();
  });

  it('delivers what another worker held, and once only if that worker was interrupted', async () => {
    const { bodies, run, queue, lanes, arrived, settled } = startOutputs();
    await queue('crm').pause();
    const share = { output: 'crm', callbacks: callbacks('x', 'y'), state: 'held', beyond: 'held' } as const;
    await bodies.store({ id: 'b1', batch: 'b1', again: false, compact: true, shares: [share] });
    // As when the worker is killed before it has noted that a job names them.
    await lanes.get('crm')?.producer.addReferences(['b1']);
    await queue('crm').resume();
    await run('b2', { crm: callbacks('z'), ops: callbacks('z') });
    await vi.waitFor(() => expect(arrived('crm')).toEqual(['x', 'y', 'z']), DEADLINE);
    await settled();
    expect(arrived('crm')).toEqual(['x', 'y', 'z']);
  });

  it('whose rate limit counts deliveries gets them one by one', async () => {
    const { bodies, queue, arrived, settled } = startOutputs({ crm: { rateLimit: { max: 2, per: 60_000 } } });
    const share = { output: 'crm', callbacks: many(5), state: 'held', beyond: 'held' } as const;
    await bodies.store({ id: 'b1', batch: 'b1', again: false, compact: true, shares: [share] });
    await vi.waitFor(() => expect(arrived('crm')).toHaveLength(2), DEADLINE);
    await vi.waitFor(async () => expect(await queue('crm').getWaitingCount()).toBe(3), DEADLINE);
    await settled();
  });

  it('keeps at most its backlog if its rule is to drop, and counts each dropped delivery once', async () => {
    const world = startOutputs({ crm: { backlog: { max: { bytes: 400 }, over: 'drop' } } });
    const { access, ledger, run, logger, down, arrived, ended } = world;
    await breakDown(world);
    const to = (id: string) => ({ crm: callbacks(id), ops: callbacks(id) });
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) await run(id, to(id));
    for (const id of ['e', 'f']) await run(id, to(id), true);
    const { dropped = 0, held = 0, bytes = 0 } = (await readBacklog(access)).get('crm') ?? {};
    expect(dropped).toBeGreaterThan(0);
    expect(await readLately(access)).toEqual({ dropped: { crm: expect.any(Number) } });
    expect(bytes).toBeLessThanOrEqual(400);
    expect(await ledger.outcomes({ batch: 'f', output: 'crm' }, callbacks('f').map(callbackKey))).toEqual(['dropped']);
    expect(logger.warn).toHaveBeenCalledWith(
      { code: 'RB_OUTPUT_BACKLOG', batch: 'f', output: 'crm', dropped: 1 },
      'deliveries dropped',
    );
    const told = { output: 'crm', code: 'RB_OUTPUT_BACKLOG', state: 'dropped' };
    expect(ended.at(-1)).toMatchObject({ ...told, batch: 'f', callbacks: callbacks('f') });
    await vi.waitFor(() => expect(arrived('ops')).toHaveLength(6), DEADLINE);
    down.clear();
    await vi.waitFor(() => expect(arrived('crm')).toHaveLength(3 + 6 - dropped), DEADLINE);
    expect(held).toBeLessThanOrEqual(6 - dropped);
  });

  it('makes whole batches dead letters at once when that is its rule; they are listed, replayed and purged', async () => {
    const world = startOutputs({ crm: { backlog: { max: { bytes: 1 }, over: 'dead-letter' } } });
    const { access, run, queue, down, arrived, ended, settled } = world;
    await breakDown(world);
    await run('b1', { crm: callbacks('x', 'y'), ops: callbacks('x') });
    await run('b2', { crm: callbacks('z'), ops: callbacks('z') });
    const told = { output: 'crm', code: 'RB_OUTPUT_BACKLOG', state: 'dead' };
    expect(ended).toMatchObject([
      { ...told, batch: 'b1', callbacks: callbacks('x', 'y') },
      { ...told, batch: 'b2', callbacks: callbacks('z') },
    ]);
    const store = await openDeadLetters({ ...access, outputs: ['crm', 'ops'], served: async () => true });
    onTestFinished(() => store.close());
    const found = [];
    for await (const kept of store.find({ output: 'crm' })) found.push(kept);
    const [z, xy] = found;
    expect(found.map(({ kind, callbacks: those, attempts }) => [kind, idsOf(those as Callback[]), attempts])).toEqual([
      ['batch', ['z'], 0],
      ['batch', ['x', 'y'], 0],
    ]);
    expect(xy).toMatchObject({ reason: expect.stringMatching(/^RB_OUTPUT_BACKLOG: /), output: 'crm' });
    expect(JSON.stringify(xy?.payload)).toContain('"id":"x"');
    down.clear();
    expect(z && (await store.purge(z))).toBeUndefined();
    expect(z && (await store.purge(z))).toBe('no longer there');
    expect(xy && (await store.replay(xy))).toBeUndefined();
    await vi.waitFor(() => expect(arrived('crm')).toEqual(['f1', 'f2', 'f3', 'x', 'y']), DEADLINE);
    await settled();
    expect(await queue('crm').getFailedCount()).toBe(0);
  });
});
