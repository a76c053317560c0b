import { Environment } from '@marcbachmann/cel-js';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readBody } from './body-data.ts';
import { boundCondition, MAX_STEPS, Overrun } from './bounded-cel.ts';
import { checkCondition, compileCondition } from './condition.ts';
import { NASTY_CONDITIONS, NASTY_FIELDS, nastyBody } from './nasty-conditions.ts';

const environment = () =>
  new Environment()
    .registerVariable('data', 'dyn')
    .registerVariable('source', 'string')
    .registerVariable('account', 'string')
    .registerVariable('time', 'google.protobuf.Timestamp');
const bound = (text: string, maxSteps?: number) => boundCondition(environment(), text, maxSteps);
const inputOf = (data: unknown) => ({ data, source: 'a', account: 'b', requestID: 'r', time: new Date(0) });

/** Far above what any of them may take: a hang fails here, a busy machine does not. */
const HANG_MS = 120_000;

describe('any condition ends', () => {
  const bodies = NASTY_FIELDS.map((large) => readBody(nastyBody(large)));

  it.each(NASTY_CONDITIONS)(
    '%s',
    (text) => {
      expect(checkCondition(text)).toBeUndefined();
      const condition = bound(text);
      for (const data of bodies) {
        const outcome = valueOrError(() => condition.evaluate(inputOf(data)));
        if (outcome instanceof Overrun) continue;
        expect(condition.steps()).toBeLessThanOrEqual(MAX_STEPS);
      }
    },
    HANG_MS,
  );

  it('in a bounded number of steps, for any combination', { timeout: HANG_MS }, () => {
    const data = readBody(nastyBody('objects'));
    fc.assert(
      fc.property(anyCondition, (text) => {
        if (checkCondition(text) !== undefined) return;
        const condition = bound(text, 2000);
        const outcome = valueOrError(() => condition.evaluate(inputOf(data)));
        expect(outcome instanceof Overrun || condition.steps() <= 2000).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('steps', () => {
  it('grow with the elements that a loop looks at, so that cel-js still evaluates as this file thinks', () => {
    const data = (length: number) => inputOf(readBody(JSON.stringify({ l: Array.from({ length }, () => 1) })));
    const condition = bound('data.l.exists(x, x == 2)');
    const stepsFor = (length: number) => {
      expect(condition.evaluate(data(length))).toBe(false);
      return condition.steps();
    };
    expect(stepsFor(1000) - stepsFor(900)).toBe(100 * (stepsFor(2) - stepsFor(1)));
    expect(stepsFor(2) - stepsFor(1)).toBeGreaterThanOrEqual(3);
  });

  it.each([
    ['data.a == data.b', '{"a": [1,2,3], "b": [1,2,3]}', '{"a": [1,[2,2,2],3], "b": [1,[2,2,2],3]}'],
    ['1 in data.a', '{"a": [2]}', '{"a": [2,2,2,2]}'],
    ['data.a.exists(k, k == "k")', '{"a": {"k": 1}}', '{"a": {"k": 1, "l": 2, "m": 3}}'],
    ['data.a.contains(data.b)', '{"a": "abc", "b": "b"}', JSON.stringify({ a: 'a'.repeat(200), b: 'b'.repeat(100) })],
    ['data.a.matches("(x|y)*z")', '{"a": "xz"}', JSON.stringify({ a: `${'x'.repeat(200)}z` })],
    ['duration(data.a) == duration("1s")', '{"a": "1s"}', JSON.stringify({ a: `${'1'.repeat(30)}s` })],
    ['data.a == "x"', '{"a": "x"}', JSON.stringify({ a: 'x'.repeat(2000) })],
    ['data.a + data.a == data.a', '{"a": [1]}', '{"a": [1, 2, 3, 4]}'],
  ])('%s costs more where its operands are larger', (text, small, large) => {
    const condition = bound(text);
    const stepsFor = (body: string) => {
      valueOrError(() => condition.evaluate(inputOf(readBody(body))));
      return condition.steps();
    };
    expect(stepsFor(large)).toBeGreaterThan(stepsFor(small));
  });

  it('are the same for every evaluation, and none is left from the one before', () => {
    const condition = bound('data.l.all(x, x == 1)', 100);
    const long = inputOf(readBody(`[${'1,'.repeat(200)}1]`));
    const evaluate = (data: unknown) => valueOrError(() => condition.evaluate(inputOf(new Map([['l', data]]))));
    for (let round = 0; round < 3; round += 1) {
      expect(evaluate(long.data)).toBeInstanceOf(Overrun);
      expect(evaluate([1n, 1n])).toBe(true);
    }
  });

  it('that run out end the whole evaluation, also where an error would be passed over', () => {
    const data = readBody(`{"l": [${'1,'.repeat(2000)}1]}`);
    for (const text of [
      'data.l.exists(x, x == 2) || true',
      'data.l.exists(y, data.l.exists(x, x == 2))',
      '!data.l.all(x, x == 1)',
    ])
      expect(valueOrError(() => bound(text, 1000).evaluate(inputOf(data)))).toBeInstanceOf(Overrun);
  });
});

it('never looks into a list to tell its type: cel-js would keep a type for every shape that ever came', () => {
  let looks = 0;
  const list: unknown[] = [1n];
  Object.defineProperty(list, 0, { get: () => (looks += 1) });
  expect(bound('size(data) == 1').evaluate(inputOf(list))).toBe(true);
  expect(looks).toBe(0);
});

it('tells a condition that ran over from any other error, and never throws', () => {
  const condition = compileCondition('data.l.exists(x, data.l.exists(y, x == y + 1000))');
  const long = readBody(`{"l": [${'1,'.repeat(2000)}1]}`);
  expect(condition(inputOf(long))).toMatchObject({
    error: 'takes too long: data.l.exists(x, data.l.exists(y, x == y + 1000))',
    why: 'overran',
  });
  expect(condition(inputOf(new Map()))).toMatchObject({ why: 'absent' });
});

const anyCondition = fc
  .letrec<{ value: string; bool: string }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom('data.list', 'data.objects', 'data.map', 'data.text', 'data.needle', '1', '"a"', '[1, 2]', 'x', 'y'),
      fc.tuple(tie('value'), fc.constantFrom('map', 'filter'), fc.constantFrom('x', 'y'), tie('bool')).map(loop),
      fc.tuple(tie('value'), tie('value')).map(([left, right]) => `(${left} + ${right})`),
      fc.tuple(tie('value'), tie('value')).map(([left, right]) => `cel.bind(x, ${left}, ${right})`),
      tie('value').map((value) => `[${value}, ${value}]`),
      tie('value').map((value) => `size(dyn(${value}))`),
    ),
    bool: fc.oneof(
      { maxDepth: 4 },
      fc.tuple(tie('value'), tie('value')).map(([left, right]) => `dyn(${left}) == dyn(${right})`),
      fc.tuple(tie('value'), tie('value')).map(([left, right]) => `dyn(${left}) in dyn(${right})`),
      fc.tuple(tie('value'), fc.constantFrom('all', 'exists', 'exists_one'), fc.constantFrom('x', 'y'), tie('bool')).map(loop),
      fc.tuple(tie('bool'), tie('bool')).map(([left, right]) => `(${left} || ${right})`),
      tie('value').map((value) => `dyn(${value}).matches("(a|a)*b")`),
    ),
  }))
  .bool.map((text) => `data.list.exists(x, data.list.exists(y, ${text}))`);

function loop([over, name, variable, inner]: readonly [string, string, string, string]): string {
  return `dyn(${over}).${name}(${variable}, ${inner})`;
}

function valueOrError(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}
