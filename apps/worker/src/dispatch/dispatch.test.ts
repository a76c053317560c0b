import { testCallback as callback } from '@ringback/testkit';
import { describe, expect, it } from 'vitest';
import type { BusinessKeyOf } from './business-duplicates.ts';
import { setUp } from './test-dispatch.ts';

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

  it('drops duplicates within a batch and across batches, and names them in its log line', async () => {
    const { dispatch, added, logger } = setUp();
    await dispatch({ id: 'b1', callbacks: [callback('x'), callback('x'), callback('y')] });
    await dispatch({ id: 'b2', callbacks: [callback('y'), callback('z')] });
    expect(added.filter(({ output }) => output === 'crm').map(({ ids }) => ids)).toEqual([['x', 'y'], ['z']]);
    expect(logger.info.mock.calls.map(([fields]) => fields)).toMatchObject([{ duplicates: ['x'] }, { duplicates: ['y'] }]);
  });

  it('refuses a repeated request id with another body, in its batch or a later one, and keeps it once', async () => {
    const { dispatch, added, logger, quarantined } = setUp();
    const [other, third] = [callback('x', { body: '{"taskStatus":4}' }), callback('x', { body: '{"taskStatus":5}' })];
    await dispatch({ id: 'b1', callbacks: [callback('x'), other] });
    await dispatch({ id: 'b2', callbacks: [third] });
    await dispatch({ id: 'b2', callbacks: [third] });
    expect(added.filter(({ output }) => output === 'crm').map(({ ids }) => ids)).toEqual([['x']]);
    const kept = await quarantined();
    expect(new Set(kept.map(({ body }) => body))).toEqual(new Set([other.body, third.body]));
    expect(kept).toHaveLength(2);
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

  it('drops a duplicate under a new requestID by its business key, within and across batches, and names it', async () => {
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
    expect(logger.info.mock.calls.map(([fields]) => (fields as { businessDuplicates?: string[] }).businessDuplicates)).toEqual([
      ['x-again'],
      ['x-later'],
      undefined,
    ]);
  });

  it('delivers a callback with a business key after an interruption behind the claims', async () => {
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
    const { dispatch, added, logger, quarantined } = setUp({
      routes: [{ match: ['*'], when: 'data.missing == 1', to: ['crm'] }],
    });
    await dispatch({ id: 'b1', callbacks: [callback('x')] });
    expect(added).toEqual([]);
    expect(logger.warn.mock.calls).toMatchObject([[{ code: 'RB_UNROUTED', quarantined: ['x'] }, 'no route matched']]);
    const reason = 'RB_UNROUTED: no route matched; route 1: no such key: missing';
    expect(await quarantined('unrouted')).toMatchObject([{ id: 'x', type: callback('x').type, code: 'RB_UNROUTED', reason }]);
    expect(await quarantined()).toEqual([]);
    expect(logger.info.mock.calls).toMatchObject([
      [{ unrouted: 1, conditionErrors: [expect.stringContaining('missing')] }, 'batch dispatched'],
    ]);
  });
});
