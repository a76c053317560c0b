import { HandBack } from '@ringback/queue';
import { testCallback as callback } from '@ringback/testkit';
import { describe, expect, it } from 'vitest';
import { type Routes, setUp } from './test-dispatch.ts';

describe('a condition that cannot be evaluated', () => {
  const routes: Routes = [
    { when: 'data.n > 2', match: ['callbot.task.*'], to: ['crm'] },
    { match: ['callbot.task.*'], drop: 'few' },
  ];
  const failing = (id: string) => callback(id, { body: '{"n":"text"}' });
  const order = (id: string, account = 'acc') => callback(id, { account, type: 'callbot.order', body: '{"orderID":1}' });

  it('loses no callback where the quarantine is full', async () => {
    const { dispatch, counted, quarantined, logger } = setUp({ routes, quarantineFor: 0 });
    await dispatch({ id: 'b1', callbacks: [order('order'), failing('x'), failing('y')] });
    expect((await quarantined('unrouted')).map(({ id }) => id).toSorted()).toEqual(['x', 'y']);
    expect(await counted()).toMatchObject({ unkept: [{ name: 'RB_UNROUTED', count: 1 }] });
    expect(logger.error.mock.calls).toMatchObject([[{ lost: ['order'] }, expect.stringContaining('lost')]]);
  });

  it('waits in its batch while there is no room and Redis is nearly full', async () => {
    let full = true;
    const { dispatch, added, quarantined } = setUp({ routes, quarantineFor: 2, nearlyFull: () => full });
    const batch = { id: 'b1', callbacks: [order('order'), failing('x'), failing('y')] };
    await expect(dispatch(batch)).rejects.toThrow(HandBack);
    full = false;
    await dispatch(batch);
    expect((await quarantined('unrouted')).map(({ id }) => id).toSorted()).toEqual(['order', 'x', 'y']);
    expect(added).toEqual([]);
  });

  it('takes no more of the room of others than any flood, however many such callbacks come', async () => {
    const { dispatch, quarantined } = setUp({ routes, quarantineFor: 4 });
    const flood = Array.from({ length: 30 }, (_, index) => failing(`f${index}`));
    await dispatch({ id: 'b1', callbacks: flood.slice(0, 20) });
    await dispatch({ id: 'b2', callbacks: flood.slice(20) });
    await dispatch({ id: 'b3', callbacks: [order('other', 'another')] });
    const kept = (await quarantined('unrouted')).map(({ id }) => id);
    expect(kept).toHaveLength(31);
    expect(kept).toContain('other');
  });
});
