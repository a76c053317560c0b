import type { Callback } from '@ringback/contracts';
import { describe, expect, it } from 'vitest';
import { createRouter } from './router.ts';

function callback(over: Partial<Callback> = {}): Callback {
  const body = JSON.stringify({ taskStatus: 3, userPhone: '8613800138000', other: null });
  return { id: 'r-1', source: 'callbot', account: 'acc', type: 'callbot.task.completed', time: 1, receivedAt: 1, body, ...over };
}

describe('a route that drops, beside a condition that cannot be evaluated', () => {
  const routes = (when: string) => [
    { when, to: ['crm'] },
    { when: 'data.taskStatus / 0 == 1', drop: 'a few' },
    { drop: 'the rest' },
  ];
  const drop = (when: string, over?: Partial<Callback>) => createRouter({ routes: routes(when) }).route(callback(over));

  it.each([
    ['data.userPhone > 3', {}],
    ['data.taskStatus / 0 == 1', {}],
    ['data.userPhone', {}],
    ['data.taskStatus == 3', { body: 'not JSON' }],
  ])('drops nothing that the route may want: %s', (when, over) => {
    const { outputs, dropped, kept, conditionErrors } = drop(when, over);
    expect([outputs, dropped]).toEqual([[], undefined]);
    expect(conditionErrors).toHaveLength(2);
    expect(kept).toEqual({ code: 'RB_UNROUTED', reason: ['no route matched', ...conditionErrors].join('; '), maybeWanted: true });
  });

  it.each([
    ['data.userPhone > 2 || data.foo == 1', {}],
    ['data.userPhone || data.foo == 1', {}],
    ['data.foo == 1 && (data.userPhone > 2 || data.bar == 1)', {}],
    ['data.l.exists(x, x.v > 1)', { body: '{"l":[{},{"v":"a"}]}' }],
    ['data.l.all(x, x.v > 1)', { body: '{"l":[{},{"v":"a"}]}' }],
    ['data.l.exists(x, x.v || x.w == 1)', { body: '{"l":[{"v":"a"}]}' }],
    ['data.l.exists_one(x, x.v > 1 || x.w > 1)', { body: '{"l":[{"v":"a"}]}' }],
    ['data.l.filter(x, x.v > 1 || x.w > 1).size() > 0', { body: '{"l":[{"v":"a"}]}' }],
  ])('drops nothing because a field is missing beside another error: %s', (when, over) => {
    const { dropped, kept } = createRouter({ routes: [{ when, to: ['crm'] }, { drop: 'the rest' }] }).route(callback(over));
    expect(dropped).toBeUndefined();
    expect(kept?.reason).not.toContain('no such key');
  });

  it.each([
    ['data.l[0] == 1', '{"l":[]}'],
    ['data.l[0] == 1', '{}'],
    ['data.l[0].a == 1 || data.b == 1', '{"l":[]}'],
    ['data.l.exists(x, x.v > 1)', '{"l":[{},{}]}'],
    ['data.l.exists(x, x.v > 1 || x.w > 1)', '{"l":[{},{"w":1}]}'],
    ['data.l.map(x, x.v).size() == 1 || data.b == 1', '{"l":[]}'],
  ])('drops where only fields or elements are missing: %s, %s', (when, body) => {
    expect(drop(when, { body })).toMatchObject({ dropped: 'the rest' });
  });

  it.each(['data.foo == 1', 'data.other.level == 1', 'data.taskStatus == 4', 'has(data.foo) && data.foo > 1'])(
    'drops what the route does not fit, as where a field is not there: %s',
    (when) => {
      expect(drop(when)).toMatchObject({ outputs: [], dropped: 'the rest' });
      expect(drop(when).kept).toBeUndefined();
    },
  );

  it('leaves outputs alone', () => {
    const { outputs, dropped, kept } = createRouter({ routes: [...routes('data.userPhone > 3'), { to: ['ops'] }] }).route(
      callback(),
    );
    expect([outputs, dropped, kept]).toEqual([['ops'], undefined, undefined]);
  });
});
