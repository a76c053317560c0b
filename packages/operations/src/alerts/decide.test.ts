import { expect, it } from 'vitest';
import type { Condition } from '../conditions/conditions.ts';
import { decide, type Entries } from './decide.ts';

const HOLD = 30_000;
const INTERVAL = 300_000;
const crm: Condition = {
  name: 'output-failing',
  subject: { kind: 'output', name: 'crm' },
  severity: 'warning',
  since: 500,
  text: 'output crm is failing',
};

/** Looks at these times; resolves to what is told, by time. */
function tell(looks: readonly (readonly [now: number, conditions: readonly Condition[], complete?: boolean])[]): string[] {
  let before: Entries = new Map();
  return looks.flatMap(([now, conditions, complete = true]) => {
    const { entries, notices } = decide({ conditions, before, complete, now, hold: HOLD, interval: INTERVAL });
    before = entries;
    return notices.map(
      ({ kind, from, about }) => `${now} ${kind} ${about.name} ${about.subject?.name} from ${from} since ${about.since}`,
    );
  });
}

it('tells once what lasts, and once that it is over', () => {
  const looks = [1000, 16_000, 31_000, 46_000, 61_000].map((now) => [now, [crm]] as const);
  expect(tell([...looks, [76_000, []], [91_000, []], [106_000, []], [121_000, []]])).toEqual([
    '31000 firing output-failing crm from 1000 since 500',
    '106000 resolved output-failing crm from 1000 since 500',
  ]);
});

it('tells once more, and at once, that a warning has become an error', () => {
  const worse: Condition = { ...crm, severity: 'error', text: 'output crm is dead' };
  const looks = [
    [0, [crm]],
    [30_000, [crm]],
    [40_000, [worse]],
    [50_000, [crm]],
    [60_000, [worse]],
    [900_000, [worse]],
    [910_000, []],
    [940_000, []],
  ] as const;
  let before: Entries = new Map();
  const told = looks.flatMap(([now, conditions]) => {
    const { entries, notices } = decide({ conditions, before, complete: true, now, hold: HOLD, interval: INTERVAL });
    before = entries;
    return notices.map(({ kind, worse: isWorse = false, about }) => [now, kind, isWorse, about.severity, about.text]);
  });
  expect(told).toEqual([
    [30_000, 'firing', false, 'warning', crm.text],
    [40_000, 'firing', true, 'error', worse.text],
    [940_000, 'resolved', false, 'error', worse.text],
  ]);
});

it('tells nothing of what is over before it lasted', () => {
  expect(
    tell([
      [0, [crm]],
      [15_000, []],
      [30_000, [crm]],
      [45_000, []],
      [60_000, [crm]],
    ]),
  ).toEqual([]);
});

it('tells nothing at the first look, however long ago it began: a run that is repeated tells the same', () => {
  expect(tell([[1e9, [crm]]])).toEqual([]);
});

it('does not call over what comes back within the hold', () => {
  const flapping = Array.from({ length: 20 }, (_, i) => [40_000 + i * 15_000, i % 2 === 0 ? [] : [crm]] as const);
  expect(tell([[0, [crm]], [30_000, [crm]], ...flapping])).toEqual(['30000 firing output-failing crm from 0 since 500']);
});

it('tells of the same again after the interval only', () => {
  const there = (from: number, until: number) =>
    Array.from({ length: (until - from) / 10_000 }, (_, i) => [from + i * 10_000, [crm]] as const);
  const told = tell([...there(0, 60_000), [60_000, []], [90_000, []], ...there(100_000, 400_000)]);
  expect(told).toEqual([
    '30000 firing output-failing crm from 0 since 500',
    '90000 resolved output-failing crm from 0 since 500',
    '330000 firing output-failing crm from 100000 since 500',
  ]);
});

it('does not call over what could not be asked', () => {
  const away = [60_000, 120_000, 180_000].map((now) => [now, [], false] as const);
  expect(tell([[0, [crm]], [30_000, [crm]], ...away, [190_000, []], [220_000, []]])).toEqual([
    '30000 firing output-failing crm from 0 since 500',
    '220000 resolved output-failing crm from 0 since 500',
  ]);
});

it('goes on after Redis’s clock went back', () => {
  expect(
    tell([
      [1e9, [crm]],
      [0, [crm]],
      [30_000, [crm]],
      [40_000, []],
      [70_000, []],
    ]),
  ).toEqual(['30000 firing output-failing crm from 0 since 500', '70000 resolved output-failing crm from 0 since 500']);
});

it('tells of each problem by itself, and of several reasons for one together', () => {
  const ready = (text: string): Condition => ({
    name: 'not-ready',
    subject: { kind: 'app', name: 'worker' },
    severity: 'error',
    text,
  });
  const erp: Condition = { ...crm, subject: { kind: 'output', name: 'erp' } };
  const all = [crm, erp, ready('one'), ready('two')];
  const { entries } = decide({ conditions: all, before: new Map(), complete: true, now: 0, hold: 0, interval: 0 });
  const { notices } = decide({ conditions: all, before: entries, complete: true, now: 1, hold: 0, interval: 0 });
  expect(notices.map(({ about }) => `${about.subject?.name}: ${about.text}`)).toEqual([
    'crm: output crm is failing',
    'erp: output crm is failing',
    'worker: one; two',
  ]);
});
