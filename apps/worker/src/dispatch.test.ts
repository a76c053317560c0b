import type { Callback, QuarantinedCallback } from '@ringback/contracts';
import { createLedger } from '@ringback/ledger';
import { createQuarantine } from '@ringback/queue';
import { createRouter } from '@ringback/routing';
import { testCallback as callback, testRedis } from '@ringback/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createDispatch } from './dispatch.ts';
import type { FanOut } from './fan-out.ts';
import type { BusinessKeyOf } from './repeats.ts';

type Routes = Parameters<typeof createRouter>[0]['routes'];
type Added = { output: string; batchId: string; ids: string[]; again: boolean };

/** A dispatcher on a real ledger, whose fan-out a test can look at, and break. */
const EVERYTHING: Routes = [{ match: ['*'], to: ['crm', 'ops'] }];

const NO_BUSINESS_KEY: BusinessKeyOf = () => undefined;

function setUp({ failing = new Set<string>(), routes = EVERYTHING, businessKeyOf = NO_BUSINESS_KEY, quarantineFor = 10 } = {}) {
  const { url, prefix } = testRedis();
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const added: Added[] = [];
  const ledger = createLedger({ redis, prefix, window: 60_000 });
  const fanOut: FanOut = async ({ id: batchId, again }, perOutput) => {
    const add = async (output: string, callbacks: readonly Callback[]) => {
      if (failing.has(output)) throw new Error(`${output} is out of order`);
      added.push({ output, batchId, ids: callbacks.map(({ id }) => id), again });
    };
    await Promise.all([...perOutput].map(([output, callbacks]) => add(output, callbacks)));
  };
  const quarantine = createQuarantine({ redis, prefix, bounds: { maxCount: quarantineFor, maxSize: 1_000_000 } });
  const rest = { router: createRouter({ routes }), businessKeyOf, now: Date.now, logger };
  const dispatch = createDispatch({ ...rest, ledger, fanOut, quarantine });
  const quarantined = async () => {
    const queue = new Queue('quarantine', { connection: redis, prefix });
    const jobs = await queue.getWaiting();
    await queue.close();
    return jobs.map(({ data }) => data as QuarantinedCallback); // what the dispatcher wrote
  };
  return { dispatch, added, failing, logger, quarantined };
}

describe('dispatch', () => {
  it('fans a batch out to one job per output, with the callbacks routed to each', async () => {
    const routes = [
      { match: ['*'], to: ['crm'] },
      { match: ['callbot.task.*'], when: 'data.taskStatus == 3', to: ['ops'] },
    ];
    const { dispatch, added } = setUp({ routes });
    await dispatch({ id: 'b1', callbacks: [callback('x'), callback('y', { type: 'callbot.order', body: '{}' }), callback('z')] });
    expect(added).toEqual([
      { output: 'crm', batchId: 'b1', ids: ['x', 'y', 'z'], again: false },
      { output: 'ops', batchId: 'b1', ids: ['x', 'z'], again: false },
    ]);
  });

  it('takes repeats in a batch and over batches for one callback, and names them in its line', async () => {
    const { dispatch, added, logger } = setUp();
    await dispatch({ id: 'b1', callbacks: [callback('x'), callback('x'), callback('y')] });
    await dispatch({ id: 'b2', callbacks: [callback('y'), callback('z')] });
    expect(added.filter(({ output }) => output === 'crm').map(({ ids }) => ids)).toEqual([['x', 'y'], ['z']]);
    expect(logger.info.mock.calls.map(([fields]) => fields)).toMatchObject([{ duplicates: ['x'] }, { duplicates: ['y'] }]);
  });

  it('refuses a request id that comes again with another body, in its batch or a later one, and keeps what it said, once', async () => {
    const { dispatch, added, logger, quarantined } = setUp();
    const [other, third] = [callback('x', { body: '{"taskStatus":4}' }), callback('x', { body: '{"taskStatus":5}' })];
    await dispatch({ id: 'b1', callbacks: [callback('x'), other] });
    await dispatch({ id: 'b2', callbacks: [third] });
    await dispatch({ id: 'b2', callbacks: [third] });
    expect(added.filter(({ output }) => output === 'crm').map(({ ids }) => ids)).toEqual([['x']]);
    const kept = await quarantined();
    expect(kept.map(({ body }) => body).toSorted()).toEqual([other.body, third.body]);
    expect(kept[0]).toMatchObject({ id: 'x', source: 'callbot', reason: 'RB_REQUEST_ID_REUSED: same requestID, other body' });
    const line = { code: 'RB_REQUEST_ID_REUSED', requestID: 'x', quarantined: true };
    expect(logger.warn.mock.calls.map(([fields]) => fields)).toMatchObject([line, line, line]);
    expect(logger.info.mock.calls.map(([fields]) => fields)).toMatchObject([
      { conflicts: 1 },
      { conflicts: 1 },
      { conflicts: 1 },
    ]);
  });

  it('tells apart the same request id of two accounts and of two sources', async () => {
    const { dispatch, added } = setUp();
    await dispatch({
      id: 'b1',
      callbacks: [callback('x'), callback('x', { account: 'other' }), callback('x', { source: 'other' })],
    });
    expect(added[0]?.ids).toEqual(['x', 'x', 'x']);
  });

  it('tells a repeat under a new requestID by its business key, in a batch and over batches, and names it', async () => {
    const businessKeyOf: BusinessKeyOf = ({ body }) => (body === '{}' ? undefined : body);
    const { dispatch, added, logger } = setUp({ businessKeyOf });
    const first = { id: 'b1', callbacks: [callback('x'), callback('x-again'), callback('other', { body: '{"taskStatus":4}' })] };
    await dispatch(first);
    await dispatch({
      id: 'b2',
      callbacks: [callback('x-later'), callback('keyless', { body: '{}' }), callback('keyless-2', { body: '{}' })],
    });
    await dispatch({ id: 'b3', callbacks: [callback('x-elsewhere', { account: 'other' })] });
    expect(added.filter(({ output }) => output === 'crm').map(({ ids }) => ids)).toEqual([
      ['x', 'other'],
      ['keyless', 'keyless-2'],
      ['x-elsewhere'],
    ]);
    expect(logger.info.mock.calls.map(([fields]) => (fields as { repeats?: string[] }).repeats)).toEqual([
      ['x-again'],
      ['x-later'],
      undefined,
    ]);
  });

  it('delivers what has a business key though it was cut off after the claims', async () => {
    const { dispatch, added, failing } = setUp({ failing: new Set(['crm', 'ops']), businessKeyOf: ({ body }) => body });
    const batch = { id: 'b1', callbacks: [callback('x')] };
    await expect(dispatch(batch)).rejects.toThrow('out of order');
    failing.clear();
    await dispatch(batch);
    expect(added.map(({ ids }) => ids)).toEqual([['x'], ['x']]);
  });

  it('does it all again when it was cut off before the end, and tells the outputs so', async () => {
    const { dispatch, added, failing } = setUp({ failing: new Set(['ops']) });
    const batch = { id: 'b1', callbacks: [callback('x')] };
    await expect(dispatch(batch)).rejects.toThrow('ops is out of order');
    await dispatch({ id: 'b2', callbacks: [callback('x')] });
    expect(added.map(({ output }) => output)).toEqual(['crm']);
    failing.clear();
    await dispatch(batch);
    await dispatch(batch);
    const runs = added.map(({ output, batchId, again }) => `${batchId} ${output}${again ? ' again' : ''}`);
    expect(runs).toEqual(['b1 crm', 'b1 crm again', 'b1 ops again', 'b1 crm again', 'b1 ops again']);
  });

  it('says which callbacks no route matched, and which conditions could not be judged', async () => {
    const { dispatch, added, logger } = setUp({ routes: [{ match: ['*'], when: 'data.missing == 1', to: ['crm'] }] });
    await dispatch({ id: 'b1', callbacks: [callback('x')] });
    expect(added).toEqual([]);
    expect(logger.warn.mock.calls).toMatchObject([[{ requestID: 'x' }, 'no route matched']]);
    expect(logger.info.mock.calls).toMatchObject([
      [{ unrouted: 1, conditionErrors: [expect.stringContaining('missing')] }, 'batch dispatched'],
    ]);
  });

  describe('a condition that takes too long', () => {
    const list = JSON.stringify({ list: Array.from({ length: 3000 }, () => 1) });
    const endless = 'data.list.exists(a, data.list.exists(b, a + b == -1))';

    it('leaves the other callbacks and routes alone, and keeps a callback that no other route matched, once, free to be sent again', async () => {
      const routes = [
        { when: endless, to: ['crm'] },
        { match: ['callbot.order'], to: ['ops'] },
      ];
      const { dispatch, added, logger, quarantined } = setUp({ routes, businessKeyOf: ({ body }) => body });
      const [long, order] = [
        callback('long', { body: list }),
        callback('order', { type: 'callbot.order', body: list.replace('1', '2') }),
      ];
      await dispatch({ id: 'b1', callbacks: [long, order] });
      await dispatch({ id: 'b1', callbacks: [long, order] });
      expect(added.map(({ ids }) => ids)).toEqual([['order'], ['order']]);
      const reason = `RB_CONDITION_OVERRUN: route 1: takes too long: ${endless}`;
      expect(await quarantined()).toMatchObject([{ id: 'long', body: list, reason }]);
      expect(logger.error.mock.calls).toMatchObject([
        [{ code: 'RB_CONDITION_OVERRUN', requestID: 'long', quarantined: true }, expect.anything()],
        [{ code: 'RB_CONDITION_OVERRUN', requestID: 'long', quarantined: true }, expect.anything()],
      ]);
      expect(logger.warn).not.toHaveBeenCalled();
    });

    it('is no reason for a replay to be taken for a duplicate', async () => {
      const businessKeyOf: BusinessKeyOf = ({ body }) => body;
      const first = setUp({ routes: [{ when: endless, to: ['crm'] }], businessKeyOf });
      await first.dispatch({ id: 'b1', callbacks: [callback('long', { body: list })] });
      const mended = setUp({ businessKeyOf });
      await mended.dispatch({ id: 'q.1', callbacks: [callback('long', { body: list })] });
      expect(mended.added.map(({ ids }) => ids)).toEqual([['long'], ['long']]);
    });

    it('hands the batch back where the quarantine is full, so that nothing is lost', async () => {
      const { dispatch } = setUp({ routes: [{ when: endless, to: ['crm'] }], quarantineFor: 0 });
      await expect(dispatch({ id: 'b1', callbacks: [callback('long', { body: list })] })).rejects.toMatchObject({
        name: 'HandBack',
        afterMs: 30_000,
      });
    });
  });
});
