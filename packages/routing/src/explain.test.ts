import { expect, it } from 'vitest';
import { explainRoutes } from './explain.ts';

const body = JSON.stringify({ taskStatus: 4, name: 'spring', stat: { calls: [1, 2] }, big: 'x'.repeat(99) });
const callback = { id: 'r', source: 's', account: 'a', type: 'callbot.task.failed', time: 0, receivedAt: 0, body };
const explain = (route: { match?: string[]; when?: string }) => {
  const [explained] = explainRoutes([{ ...route, to: ['crm'] }], callback);
  return [explained?.matches, explained?.because];
};

it.each([
  [{}, true, 'type fits *; no condition'],
  [{ match: ['x', 'callbot.task.*'] }, true, 'type fits callbot.task.*; no condition'],
  [{ match: ['callbot.call', 'callbot.order'] }, false, 'type callbot.task.failed does not fit callbot.call or callbot.order'],
  [{ when: 'data.taskStatus == 4' }, true, 'type fits *; data.taskStatus == 4 is true'],
  [{ when: 'data.taskStatus == 3' }, false, 'data.taskStatus == 3 is false: data.taskStatus is 4'],
  [{ when: 'data.taskStatus == 4 && data.name == "x"' }, false, 'data.name == "x" is false: data.name is "spring"'],
  [{ when: 'data.taskStatus == 3 && data.nope == 1' }, false, 'data.taskStatus == 3 is false: data.taskStatus is 4'],
  [{ when: 'data.stat.calls.exists(c, c > 2)' }, false, 'data.stat.calls.exists(c, c > 2) is false: data.stat.calls is [1,2]'],
  [{ when: 'data.nope == 3' }, false, 'when: no such key: nope'],
  [{ when: 'data.big == ""' }, false, `data.big == "" is false: data.big is "${'x'.repeat(59)}…`],
  [{ when: 'false' }, false, 'false is false'],
  [
    { when: '(data.taskStatus == 4 && (data.nope == 1 || true)) && !(data.name == "spring")' },
    false,
    '!(data.name == "spring") is false: data.name is "spring"',
  ],
])('explains %j', (route, matches, because) => {
  expect(explain(route)).toEqual([matches, because]);
});

it('gives the values of the parts of a condition, also of those that did not decide', () => {
  const when = '(data.taskStatus == 4 || data.nope == 1) && !(data.name == "x") && source == "s"';
  const [explained] = explainRoutes([{ when, to: ['crm'] }], callback);
  expect(explained?.parts.map(({ part, value }) => `${part}: ${value}`)).toEqual([
    'data.taskStatus == 4: true',
    'data.nope == 1: no such key: nope',
    '!(data.name == "x"): true',
    'data.name == "x": false',
    'source == "s": true',
    'data.taskStatus: 4',
    'data.nope: not there',
    'data.name: "spring"',
    'source: "s"',
  ]);
});
