import { type TSchema, Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import { reviewCondition } from './condition-review.ts';

const orNull = <S extends TSchema>(schema: S) => Type.Optional(Type.Union([schema, Type.Null()]));
const task = Type.Object({ taskStatus: Type.Integer(), taskStat: Type.Object({ totalCall: Type.Integer() }) });
const call = Type.Object({
  userPhone: Type.String(),
  detail: Type.Object({ intents: orNull(Type.Array(Type.Object({ tag: orNull(Type.String()) }))) }),
  extra: Type.Record(Type.String(), Type.String()),
});
const names = { sources: ['voice'], accounts: ['acc'] };
const unknown = (text: string) => reviewCondition(text, { bodies: [task, call], ...names }).unknownFields.map(({ path }) => path);

describe('the fields that a condition asks for', () => {
  it.each([
    'data.taskStatus == 3 && data.taskStat.totalCall > 0',
    'data["taskStatus"] in [1, 2]',
    'data.detail.intents.exists(intent, intent.tag == "A")',
    'data.detail.intents.filter(i, i.tag == "A").size() > 0',
    'data.detail.intents[0].tag == "A"',
    'has(data.userPhone) ? data.userPhone.startsWith("1") : false',
    'data.extra.anything == "x"',
    'source == "voice" && account == "acc" && requestID != "" && time > timestamp("2026-01-01T00:00:00Z")',
    '{"a": data.taskStatus}.a == 3',
  ])('are all known in %s', (text) => {
    expect(unknown(text)).toEqual([]);
  });

  it.each([
    ['data.taskStaus == 3', 'data.taskStaus'],
    ['has(data.taskStaus) && data.taskStaus == 3', 'data.taskStaus'],
    ['data["taskStaus"] == 3', 'data.taskStaus'],
    ['data.taskStat.totalCals > 3', 'data.taskStat.totalCals'],
    ['data.userPhone.number == "1"', 'data.userPhone.number'],
    ['data.detail.intents.exists(intent, intent.tga == "A")', 'data.detail.intents[].tga'],
    ['data.detail.intents.filter(i, i.tag == "A")[0].tga == "A"', 'data.detail.intents[].tga'],
    ['!(data.taskStatus in [data.x, 1])', 'data.x'],
    ['size(data.x) > 1 || true', 'data.x'],
  ])('are told where no body has them: %s', (text, path) => {
    expect(unknown(text)).toEqual([path]);
  });

  it('are told with those that there are', () => {
    const [field] = reviewCondition('data.taskStaus == 3', { bodies: [task], ...names }).unknownFields;
    expect(field).toEqual({ path: 'data.taskStaus', name: 'taskStaus', known: ['taskStatus', 'taskStat'] });
  });
});

describe('a condition that can never hold', () => {
  const never = (text: string) => reviewCondition(text, { bodies: [task], ...names }).never;

  it.each([
    ['false', 'false is always false'],
    ['data.taskStatus == 3 && 1 > 2', '1 > 2 is always false'],
    ['source == "voic"', 'no source is called "voic"; known: voice'],
    ['"other" == account', 'no account is called "other"; known: acc'],
    ['source == "a" || source == "b"', 'no source is called "a"; known: voice, and no source is called "b"; known: voice'],
  ])('is told: %s', (text, why) => {
    expect(never(text)).toBe(why);
  });

  it.each([
    'true',
    'source == "voic" || data.taskStatus == 3',
    'data.taskStatus == 3',
    'source != "voic"',
    '!(source == "voic")',
  ])('is not %s', (text) => {
    expect(never(text)).toBeUndefined();
  });
});
