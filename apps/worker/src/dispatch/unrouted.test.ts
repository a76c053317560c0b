import { testCallback as callback } from '@ringback/testkit';
import { describe, expect, it } from 'vitest';
import type { BusinessKeyOf } from './business-duplicates.ts';
import { type Routes, setUp } from './test-dispatch.ts';

describe('a callback that no route matches', () => {
  const routes: Routes = [{ match: ['callbot.task.*'], to: ['crm'] }];
  const order = (id: string) => callback(id, { type: 'callbot.order', body: '{"orderID":1}' });

  it('is kept once, however often it comes, and is delivered by a replay once the routes are fixed', async () => {
    const businessKeyOf: BusinessKeyOf = ({ body }) => body;
    const first = setUp({ routes, businessKeyOf });
    const batch = { id: 'b1', callbacks: [callback('x'), order('y')] };
    await first.dispatch(batch);
    await first.dispatch(batch);
    await first.dispatch({ id: 'b1.again', callbacks: [order('y')] });
    expect(await first.quarantined('unrouted')).toMatchObject([{ id: 'y' }]);
    const fixed = setUp({ businessKeyOf, prefix: first.prefix });
    expect(await fixed.replay()).toEqual([undefined]);
    await fixed.dispatch({ id: 'b2', callbacks: await fixed.queued(), replayed: true });
    expect(fixed.added[0]?.ids).toEqual(['y']);
    expect(await fixed.lately()).toEqual({ unrouted: expect.any(Number), dropped: {} });
    // The first batch, should it be run once more, leaves it alone.
    await fixed.dispatch(batch);
    expect(fixed.added.flatMap(({ ids }) => ids).filter((id) => id === 'y')).toHaveLength(2);
  });

  it('is counted where there is no room, and holds up nothing', async () => {
    const { dispatch, added, logger, quarantined, counted, lately } = setUp({ routes, quarantineFor: 2 });
    await dispatch({ id: 'b1', callbacks: [callback('x'), order('a'), order('b'), order('c')] });
    expect(added.map(({ ids }) => ids)).toEqual([['x']]);
    expect((await quarantined('unrouted')).map(({ id }) => id)).toEqual(['a']);
    expect(await counted()).toEqual({ dropped: [], unkept: [{ name: 'RB_UNROUTED', count: 2 }] });
    expect(await lately()).toEqual({ lost: expect.any(Number), unrouted: expect.any(Number), dropped: {} });
    expect(logger.error.mock.calls).toMatchObject([
      [{ code: 'RB_UNROUTED', quarantined: ['a'], lost: ['b', 'c'] }, expect.stringContaining('lost')],
    ]);
  });

  it('is kept again after a replay that came too early, even without room', async () => {
    const { dispatch, replay, queued, quarantined, counted } = setUp({ routes, quarantineFor: 2 });
    await dispatch({ id: 'b1', callbacks: [order('a')] });
    expect(await replay()).toEqual([undefined]);
    await dispatch({ id: 'b2', callbacks: await queued(), replayed: true });
    expect((await quarantined('unrouted')).map(({ id }) => id)).toEqual(['a']);
    expect(await counted()).toMatchObject({ unkept: [] });
  });

  it('is not lost when it is replayed while its requestID was taken by another body', async () => {
    const { dispatch, replay, queued, quarantined } = setUp({ routes, quarantineFor: 0 });
    await dispatch({ id: 'b1', callbacks: [order('a')] });
    await dispatch({ id: 'b2', callbacks: [callback('a', { body: '{"orderID":2}' })] });
    expect(await replay()).toEqual([]);
    expect(await queued()).toEqual([]);
    await dispatch({ id: 'b3', callbacks: [order('a')], replayed: true });
    expect(await quarantined()).toMatchObject([{ id: 'a', code: 'RB_REQUEST_ID_REUSED' }]);
  });

  it('takes no room from what is refused', async () => {
    const { dispatch, quarantined } = setUp({ routes, quarantineFor: 2 });
    await dispatch({ id: 'b1', callbacks: [callback('x'), order('a'), order('b')] });
    await dispatch({ id: 'b2', callbacks: [callback('x', { body: '{"taskStatus":4}' })] });
    expect((await quarantined()).map(({ id }) => id)).toEqual(['x']);
  });
});

it('drops what a route says, counted by its reason, unless another route delivers it', async () => {
  const routes: Routes = [
    { match: ['callbot.*'], drop: 'not for us' },
    { match: ['callbot.task.*'], to: ['crm'] },
  ];
  const { dispatch, added, logger, quarantined, counted } = setUp({ routes });
  const orders = ['a', 'b'].map((id) => callback(id, { type: 'callbot.order', body: `{"orderID":"${id}"}` }));
  await dispatch({ id: 'b1', callbacks: [callback('x'), ...orders] });
  expect(added.map(({ ids }) => ids)).toEqual([['x']]);
  expect(await quarantined('unrouted')).toEqual([]);
  expect(await counted()).toEqual({ dropped: [{ name: 'not for us', count: 2 }], unkept: [] });
  expect(logger.info.mock.calls).toMatchObject([[{ dropped: { 'not for us': 2 }, unrouted: 0 }, 'batch dispatched']]);
  expect(logger.warn).not.toHaveBeenCalled();
});

describe('a condition that takes too long', () => {
  const list = JSON.stringify({ list: Array.from({ length: 3000 }, () => 1) });
  const endless = 'data.list.exists(a, data.list.exists(b, a + b == -1))';

  it('leaves the other callbacks and routes alone, and keeps them, once', async () => {
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
    expect(await quarantined('unrouted')).toMatchObject([
      { id: 'long', body: list, reason },
      { id: 'order', reason: `${reason}; it went to ops` },
    ]);
    const line = (id: string) => [{ code: 'RB_CONDITION_OVERRUN', quarantined: [id] }, 'a condition took too long'];
    const lines = [line('long'), line('order')];
    expect(logger.warn.mock.calls).toMatchObject([...lines, ...lines]);
    expect(logger.error).not.toHaveBeenCalled();
  });

  it('is no reason for a replay to be taken for a duplicate', async () => {
    const businessKeyOf: BusinessKeyOf = ({ body }) => body;
    const first = setUp({ routes: [{ when: endless, to: ['crm'] }], businessKeyOf });
    await first.dispatch({ id: 'b1', callbacks: [callback('long', { body: list })] });
    const fixed = setUp({ businessKeyOf, prefix: first.prefix });
    expect(await fixed.replay()).toEqual([undefined]);
    await fixed.dispatch({ id: 'q.1', callbacks: await fixed.queued(), replayed: true });
    expect(fixed.added.map(({ ids }) => ids)).toEqual([['long'], ['long']]);
  });

  it('loses no callback where the quarantine is full, and its batch is done', async () => {
    const routes = [{ when: endless, match: ['callbot.task.*'], to: ['crm'] }];
    const { dispatch, counted, quarantined, logger } = setUp({ routes, quarantineFor: 0 });
    const unwanted = callback('order', { type: 'callbot.order', body: '{"orderID":1}' });
    await dispatch({ id: 'b1', callbacks: [unwanted, callback('long', { body: list })] });
    expect(await quarantined('unrouted')).toMatchObject([{ id: 'long' }]);
    expect(await counted()).toMatchObject({ unkept: [{ name: 'RB_UNROUTED', count: 1 }] });
    expect(logger.warn.mock.calls).toMatchObject([
      [{ code: 'RB_CONDITION_OVERRUN', quarantined: ['long'] }, 'a condition took too long'],
    ]);
  });

  it('keeps a callback that another route delivers; its repeats are duplicates, its replay is not', async () => {
    const routes = [{ when: endless, to: ['pager'] }, { to: ['archive'] }];
    const first = setUp({ routes, businessKeyOf: ({ body }) => body });
    const long = callback('long', { body: list });
    await first.dispatch({ id: 'b1', callbacks: [long] });
    await first.dispatch({ id: 'b2', callbacks: [long] });
    expect(first.added.map(({ output, ids }) => [output, ...ids])).toEqual([['archive', 'long']]);
    const [entry] = await first.quarantined('unrouted');
    expect(entry?.reason).toMatch(/^RB_CONDITION_OVERRUN: route 1: takes too long: .*; it went to archive$/);
    const routesNow: Routes = [{ to: ['pager'] }, { to: ['archive'] }];
    const fixed = setUp({ routes: routesNow, businessKeyOf: ({ body }) => body, prefix: first.prefix });
    expect(await fixed.replay()).toEqual([undefined]);
    expect((await fixed.queued()).map(({ id }) => id)).toEqual(['long']);
    await fixed.dispatch({ id: 'b3', callbacks: await fixed.queued(), replayed: true });
    expect(fixed.added.map(({ output, ids }) => [output, ...ids])).toEqual([
      ['pager', 'long'],
      ['archive', 'long'],
    ]);
    expect(await fixed.quarantined('unrouted')).toEqual([]);
  });

  it('keeps a callback that another route would drop', async () => {
    const { dispatch, quarantined } = setUp({ routes: [{ when: endless, to: ['crm'] }, { drop: 'the rest' }] });
    await dispatch({ id: 'b1', callbacks: [callback('long', { body: list })] });
    expect(await quarantined('unrouted')).toMatchObject([{ code: 'RB_CONDITION_OVERRUN' }]);
  });
});

it('a dropped callback is counted once, even if its batch runs again after an output failed', async () => {
  const routes: Routes = [
    { match: ['callbot.task.*'], to: ['crm'] },
    { match: ['*'], drop: 'orders do not matter' },
  ];
  const { dispatch, failing, counted } = setUp({ routes, failing: new Set(['crm']) });
  const batch = { id: 'b1', callbacks: [callback('x'), callback('y', { type: 'callbot.order' })] };
  await expect(dispatch(batch)).rejects.toThrow('out of order');
  failing.clear();
  await dispatch(batch);
  expect(await counted()).toEqual({ dropped: [{ name: 'orders do not matter', count: 1 }], unkept: [] });
});
