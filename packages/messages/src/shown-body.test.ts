import { createSenders, sourceTypes } from '@ringback/sources';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { expect, it } from 'vitest';
import { callbotMessage } from './callbot/test-bodies.ts';
import { createShownBody } from './shown-body.ts';

const fits = createShownBody(
  Type.Object({
    text: Type.String({ minLength: 3 }),
    count: Type.Union([Type.Integer(), Type.Null()]),
    either: Type.Union([Type.Number(), Type.String({ pattern: '^x' })]),
    done: Type.Boolean(),
    items: Type.Array(Type.Object({ id: Type.String() })),
    any: Type.Record(Type.String(), Type.String()),
  }),
);

it.each([
  {},
  { text: null, count: null, either: null, done: null, items: null, any: null },
  { text: '1', count: '12345678901234567890', either: 'y', done: true, items: [{ id: '7' }, {}, null], any: 7 },
  { unknown: { to: 'the source' } },
])('takes what is missing, null, or a number as its digits: %j', (body) => {
  expect(fits(body)).toBe(true);
});

it.each([null, undefined, [], 'text', { text: true }, { done: 'true' }, { items: {} }, { items: ['a'] }, { count: [] }])(
  'takes nothing of another shape: %j',
  (body) => {
    expect(fits(body)).toBe(false);
  },
);

it.each(['task', 'order', 'call'])('takes the body of a sample: %s', (kind) => {
  const settings = Value.Decode(sourceTypes['callbot']?.settings ?? Type.Never(), { accounts: [{ uuid: 'u', secrets: ['s'] }] });
  const [sender] = createSenders([{ name: 'callbot', type: 'callbot', settings }]);
  expect(sender?.kinds).toContain(kind);
  const body = sender?.sample({ kind, at: 1_700_000_000_000 }) ?? '';
  expect(callbotMessage(`callbot.${kind}`, body).fields.length).toBeGreaterThan(3);
});
