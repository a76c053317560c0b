import type { Callback } from '@ringback/contracts';
import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { createRouter, routerInSteps } from './router.ts';

const BODY = {
  taskStatus: 3,
  taskStat: { finishRate: 0.95, answerOrderCount: 1 },
  userPhone: '8613800138000',
  finish: true,
  other: null,
  intents: [{ intentLevel: 2 }, { intentLevel: 5 }],
};

function callback(over: Partial<Callback> = {}): Callback {
  const body = JSON.stringify(BODY);
  const time = Date.UTC(2024, 5, 1, 12);
  return { id: 'r-1', source: 'callbot', account: 'acc', type: 'callbot.task.completed', time, receivedAt: time, body, ...over };
}

const routeWhen = (when: string, over?: Partial<Callback>) =>
  createRouter({ routes: [{ when, to: ['out'] }] }).route(callback(over));

describe('routes', () => {
  it('collects the outputs of every route that fits, each once, in order', () => {
    const router = createRouter({
      routes: [
        { match: ['callbot.order', 'callbot.task.*'], to: ['b', 'a'] },
        { match: ['callbot.call'], to: ['never'] },
        { to: ['a', 'c'] },
        { when: 'data.taskStatus == 4', to: ['failed'] },
      ],
    });
    expect(router.route(callback())).toEqual({ routes: [1, 3], outputs: ['b', 'a', 'c'], conditionErrors: [] });
  });

  it('may pause after each route while it is made', () => {
    const steps = routerInSteps({
      routes: [
        { when: 'data.taskStatus == 3', to: ['a'] },
        { when: 'true', to: ['b'] },
      ],
    });
    expect([steps.next(), steps.next()]).toEqual([{ done: false }, { done: false }]);
    const made = steps.next();
    expect(made.done === true && made.value.route(callback()).outputs).toEqual(['a', 'b']);
  });

  it('matches nothing where there is no route', () => {
    expect(createRouter({ routes: [] }).route(callback())).toEqual({
      routes: [],
      outputs: [],
      kept: { code: 'RB_UNROUTED', reason: 'no route matched', maybeWanted: false },
      conditionErrors: [],
    });
  });

  it('refuses a condition that cannot be used, naming its route', () => {
    const routes = [{ to: ['a'] }, { when: 'nope == 1', to: ['a'] }];
    expect(() => createRouter({ routes })).toThrow(/^route 2: when: Unknown variable: nope/);
  });
});

describe('conditions', () => {
  it.each([
    ['data.taskStatus == 3', true],
    ['data.taskStatus == 3.0', true],
    ['data.taskStatus != 3', false],
    ['data.taskStatus > 2.5', true],
    ['data.taskStatus >= 4', false],
    ['data.taskStatus in [3, 4]', true],
    ['data.taskStatus in [1, 2]', false],
    ['data.taskStat.finishRate >= 0.9', true],
    ['data.taskStat.finishRate < 1', true],
    ['data["taskStat"]["answerOrderCount"] == 1', true],
    ['has(data.taskStat.finishRate)', true],
    ['has(data.agent)', false],
    ['has(data.agent) && data.agent.agentName == "x"', false],
    ['"taskStat" in data', true],
    ['data.other == null', true],
    ['data.finish', true],
    ['!data.finish', false],
    ['data.missing == 1 || data.finish', true],
    ['data.userPhone.startsWith("86")', true],
    [String.raw`data.userPhone.matches("^(86|852)\\d{8,11}$")`, true],
    ['data.intents.exists(i, i.intentLevel > 4)', true],
    ['data.intents.all(i, i.intentLevel > 4)', false],
    ['size(data.intents) == 2', true],
    ['source == "callbot" && account == "acc" && requestID == "r-1"', true],
    ['time >= timestamp("2024-06-01T00:00:00Z") && time.getHours("UTC") == 12', true],
  ])('%s: %s', (when, expected) => {
    expect(routeWhen(when)).toMatchObject({ outputs: expected ? ['out'] : [], conditionErrors: [] });
  });

  it('keeps every digit of large numbers', () => {
    const body = '{"callID": 9007199254740993}';
    expect(routeWhen('data.callID == 9007199254740993', { body }).outputs).toEqual(['out']);
    expect(routeWhen('data.callID == 9007199254740992', { body }).outputs).toEqual([]);
  });

  it.each(['__proto__', 'constructor', 'toString'])('takes the key %s for a key like any other', (key) => {
    expect(routeWhen(`data.${key} == 1`).conditionErrors).toEqual([`route 1: no such key: ${key}`]);
    expect(routeWhen(`has(data.${key})`).outputs).toEqual([]);
    expect(routeWhen(`data.${key} == 1 && data.a == 2`, { body: `{"${key}": 1, "a": 2}` }).outputs).toEqual(['out']);
  });

  it('parses the body once, and only where a condition asks', () => {
    const parse = vi.spyOn(JSON, 'parse');
    const plain = createRouter({ routes: [{ to: ['a'] }, { when: 'source == "x"', to: ['a'] }] });
    plain.route(callback());
    expect(parse).not.toHaveBeenCalled();
    const asking = createRouter({ routes: [1, 2, 3].map((status) => ({ when: `data.taskStatus == ${status}`, to: ['a'] })) });
    asking.route(callback());
    expect(parse).toHaveBeenCalledTimes(1);
    parse.mockRestore();
  });
});

describe('a condition that cannot be evaluated', () => {
  it.each([
    ['data.foo == 1', 'no such key: foo'],
    ['data.userPhone > 3', 'no such overload: data.userPhone > 3'],
    ['data[data.userPhone] == 1', 'no such key: data[data.userPhone]'],
    ['data.userPhone && true', 'invalid logical operand: userPhone'],
    ['data.userPhone', 'not true or false: data.userPhone'],
    ['timestamp(data.userPhone) > time', 'invalid timestamp: timestamp(data.userPhone)'],
    ['duration(data.userPhone) > duration("1s")', 'invalid duration: duration(data.userPhone)'],
    ['int(data.userPhone) * int(data.userPhone) > 1', 'numeric overflow: int(data.userPhone) * int(data.userPhone)'],
    ['time.getHours(data.userPhone) == 1', 'cannot be evaluated: time.getHours(data.userPhone) == 1'],
    ['data.taskStatus / 0 == 1', 'division by zero: data.taskStatus / 0'],
  ])('%s does not match, and is reported without a value', (when, report) => {
    const { outputs, conditionErrors } = routeWhen(when);
    expect(outputs).toEqual([]);
    expect(conditionErrors).toHaveLength(1);
    expect(conditionErrors.join()).not.toContain(BODY.userPhone);
    expect(conditionErrors).toEqual([`route 1: ${report}`]);
  });

  it('leaves the other routes alone', () => {
    const router = createRouter({ routes: [{ to: ['a'] }, { when: 'data.foo == 1', to: ['b'] }, { to: ['c'] }] });
    expect(router.route(callback())).toEqual({
      routes: [1, 3],
      outputs: ['a', 'c'],
      conditionErrors: ['route 2: no such key: foo'],
    });
  });

  it('is reported in bounds', () => {
    const [report = ''] = routeWhen(`data.taskStatus + "${'x'.repeat(500)}" == "y"`).conditionErrors;
    expect(report.length).toBeGreaterThan(100);
    expect(report.length).toBeLessThan(200);
  });

  it.each(['not JSON 8613800138000', '', `${'['.repeat(200_000)}${']'.repeat(200_000)}`])(
    'holds for a body that cannot be read',
    (body) => {
      expect(routeWhen('data.taskStatus == 3', { body }).conditionErrors).toEqual([
        'route 1: cannot be evaluated: data.taskStatus == 3',
      ]);
    },
  );

  it('never throws, for any body and condition', () => {
    const fields = ['data', 'data.a', 'data.a.b', 'data[0]', 'data["__proto__"]', 'time', '1', '2.5', '"x"', 'null'];
    const operators = ['==', '!=', '<', '>=', '+', '&&', '||', 'in'];
    const router = createRouter({
      routes: operators.flatMap((operator) =>
        fields.map((field) => ({ when: `(dyn(data.a) ${operator} dyn(${field})) == true`, to: ['out'] })),
      ),
    });
    const name = fc.constantFrom('a', 'b', '__proto__', 'constructor', 'x');
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof({ maxDepth: 3 }, fc.jsonValue({ maxDepth: 0 }), fc.array(tie('tree')), fc.dictionary(name, tie('tree'))),
    }));
    fc.assert(
      fc.property(tree, (data) => {
        const { outputs, conditionErrors } = router.route(callback({ body: JSON.stringify(data) ?? 'null' }));
        expect(outputs.length).toBeLessThanOrEqual(1);
        expect(conditionErrors.every((line) => /^route \d+: [a-z ]+: /.test(line))).toBe(true);
      }),
    );
  });
});

it('bounds what all conditions together take for one callback, and names those that were not looked at', () => {
  const dear = 'data.l.exists(a, data.s.substring(0).size() == 1)';
  const routes = [...Array.from({ length: 60 }, () => ({ when: dear, to: ['o'] })), { when: 'data.n == 1', to: ['last'] }];
  const body = JSON.stringify({ l: Array.from({ length: 40_000 }, () => 1), s: 'x'.repeat(1000), n: 1 });
  const { outputs, kept, conditionErrors } = createRouter({ routes }).route(callback({ body }));
  expect(outputs).toEqual([]);
  expect(kept).toEqual({ code: 'RB_CONDITION_OVERRUN', reason: conditionErrors.join('; '), maybeWanted: true });
  expect(conditionErrors.at(-1)).toBe('route 61: those before it took too long: data.n == 1');
  expect(conditionErrors.filter((error) => error.includes(': takes too long')).length).toBeLessThanOrEqual(5);
});
