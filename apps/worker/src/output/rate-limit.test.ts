import { type Callback, callbackKey } from '@ringback/contracts';
import { createDropNoter, openDeadLetters } from '@ringback/queue';
import { testCallback } from '@ringback/testkit';
import { expect, it, onTestFinished, vi } from 'vitest';
import { DEADLINE, startOutputs } from './test-outputs.ts';

const LIMITED = { rateLimit: { max: 5, per: 600_000 } };
const many = (name: string) => Array.from({ length: 10 }, (_, index) => testCallback(`${name}${index}`));

/** Bodies of ten deliveries that stand as a dead letter, as the bound of the output left them. */
async function storeDead({ bodies, lanes }: ReturnType<typeof startOutputs>, id: string): Promise<void> {
  const bound = { most: { bytes: 1 }, beyond: 'dead', state: 'held' } as const;
  await bodies.store({ id, batch: id, again: false, compact: true, shares: [{ output: 'crm', callbacks: many(id), ...bound }] });
  await lanes.get('crm')?.producer.addRefused(id, { reason: 'RB_OUTPUT_BACKLOG: too much', fault: 'ours' });
}

it('a rate limit counts the deliveries of dead letters by reference that are replayed', async () => {
  const world = startOutputs({ crm: LIMITED });
  const { access, arrived, queue, keys } = world;
  for (const id of ['b1', 'b2']) await storeDead(world, id);
  const store = await openDeadLetters({ ...access, outputs: ['crm', 'ops'], served: async () => true });
  onTestFinished(() => store.close());
  for await (const kept of store.find({ output: 'crm' })) expect(await store.replay(kept)).toBeUndefined();
  // Of the limit's five jobs, one or two are the batches themselves.
  await vi.waitFor(() => expect(arrived('crm').length).toBeGreaterThanOrEqual(3), DEADLINE);
  await vi.waitFor(async () => expect(await queue('crm').getActiveCount()).toBe(0), DEADLINE);
  expect(arrived('crm').length).toBeLessThanOrEqual(4);
  const left = (await keys('bodies')).length;
  expect((await queue('crm').getWaitingCount()) + 9 * left + arrived('crm').length).toBe(20);
});

it('a rate limit counts the deliveries of batches that were queued before it was there', async () => {
  const { queue, arrived, bodies, lanes, ledger } = startOutputs({ crm: LIMITED });
  const key = (callback: Callback | undefined) => (callback ? callbackKey(callback) : '');
  const [over] = many('b1');
  await ledger.record('crm', [{ batch: 'b1', key: key(over), outcome: 'delivered' }]);
  const share = { output: 'crm', callbacks: many('b1'), state: 'queued', beyond: 'held' } as const;
  await bodies.store({ id: 'b1', batch: 'b1', again: false, compact: true, shares: [share] });
  await lanes.get('crm')?.producer.addReferences(['b1']);
  // Of the limit's five jobs, one is the batch itself; on a busy machine it may be taken twice.
  await vi.waitFor(() => expect(arrived('crm').length).toBeGreaterThanOrEqual(3), DEADLINE);
  await vi.waitFor(async () => expect(await queue('crm').getActiveCount()).toBe(0), DEADLINE);
  expect(arrived('crm').length).toBeLessThanOrEqual(4);
  expect((await queue('crm').getWaitingCount()) + arrived('crm').length).toBe(9);
  expect(arrived('crm')).not.toContain(over?.id);
});

it('passes over a delivery that was dropped, and is queued alone by a later run of its batch', async () => {
  const { access, run, queue, arrived } = startOutputs({ crm: LIMITED });
  const [x, y] = many('b1') as [Callback, Callback];
  const drop = createDropNoter({ ...access, window: 60_000 });
  await drop({ batch: 'b1', output: 'crm', keys: [callbackKey(x)] });
  await run('b1', { crm: [x, y] }, true);
  await vi.waitFor(() => expect(arrived('crm')).toContain(y.id), DEADLINE);
  await vi.waitFor(async () => expect(await queue('crm').getJobCountByTypes('active', 'waiting')).toBe(0), DEADLINE);
  expect(arrived('crm')).toEqual([y.id]);
});
