import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callbotMessage, ORDER, TASK } from './callbot/test-bodies.ts';
import type { Message } from './message.ts';
import { progressLine } from './progress-line.ts';
import { describers } from './registry.ts';
import { fieldOf, messageFor } from './test-message-for.ts';

describe('the messages of a source', () => {
  it.each(['callbot', 'sales', 'github'])('are those of its type, whatever its name: %s', (source) => {
    const [task, call] = [
      messageFor('callbot.task.failed', { ...TASK, taskStatus: 4 }, { source, sourceType: 'callbot' }),
      messageFor('callbot.call', ORDER, { source, sourceType: 'callbot' }),
    ];
    expect([task.title, call.title]).toEqual(['❌ Task failed', '📞 Call ended']);
  });

  it.each(['hmac', 'standard-webhooks', undefined, 'constructor', '__proto__', ''])(
    'are generic for another type, though its name and its types are like Callbot’s: %s',
    (sourceType) => {
      const message = messageFor('callbot.task.failed', { ...TASK, taskStatus: 4 }, { source: 'callbot', sourceType });
      expect(message).toMatchObject({ title: 'Callbot: task failed', state: 'neutral', progress: undefined });
      expect(fieldOf(message, 'taskStat.totalCall')).toBe('120');
    },
  );
});

describe('any message', () => {
  it.each([
    ['callbot.tasks', TASK],
    ['callbot', TASK],
    ['callbot.task.completed', {}],
    ['callbot.task.completed', { ...TASK, taskStat: 'many' }],
    ['callbot.call', { orderID: 7, callInfoDetail: [] }],
    ['callbot.order', '[]'],
    ['callbot.order', 'null'],
    ['callbot.order', 'not JSON'],
  ])('shows nothing of a body that its source does not expect: %s %j', (type, data) => {
    const { title, state, fields, links, text } = callbotMessage(type, data);
    expect({ title, state, fields, links, text }).toEqual({
      title: 'Callback received',
      state: 'neutral',
      fields: [{ name: 'Type', value: type }],
      links: [],
      text: undefined,
    });
  });

  it('leaves out a value without a visible character', () => {
    const message = callbotMessage('callbot.task', { ...TASK, userTaskID: ' \n\u0001', sceneID: '' });
    expect(message.fields.map(({ name }) => name)).not.toContain('Task');
    expect(message.fields.map(({ name }) => name)).not.toContain('Scene');
  });

  it('puts a value into one line', () => {
    expect(fieldOf(callbotMessage('callbot.task', { ...TASK, userTaskID: ' a\n\u0000 b\u2028c ' }), 'Task')).toBe('a b c');
  });

  it('says a time that is none as the number that it is', () => {
    expect(callbotMessage('callbot.task', TASK, { time: 9e15 }).about.time).toBe('9000000000000000');
  });

  const key = fc.oneof(
    fc.constantFrom(...Object.keys({ ...TASK, ...ORDER, ...TASK.taskStat, ...ORDER.callInfoDetail })),
    fc.string(),
  );
  const body = fc.oneof(
    fc.json(),
    fc.string({ unit: 'binary' }),
    fc.dictionary(key, fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary' }), fc.webUrl())).map((data) => JSON.stringify(data)),
    fc.record({ ...constants(TASK), ...constants(ORDER) }, { requiredKeys: [] }).map((data) => JSON.stringify(data)),
  );
  const event = fc.constantFrom('.task.completed', '.order', '.call', '', '.');
  const type = fc.oneof(
    fc.string(),
    fc.tuple(fc.constantFrom('callbot', 'github', '__proto__'), event).map((parts) => parts.join('')),
  );
  const sourceType = fc.constantFrom(...describers.keys(), 'hmac', '__proto__', undefined);

  it('is made of any body, within its bounds', () => {
    const holds = fc.property(type, body, fc.string(), sourceType, (anyType, anyBody, id, ofType) => {
      expect(brokenBounds(messageFor(anyType, anyBody, { id, sourceType: ofType }))).toEqual([]);
    });
    fc.assert(holds, { numRuns: 2000 });
  });

  it.each(['callbot.task', 'callbot.call', 'callbot', `other.${'&'.repeat(5000)}`])(
    'is bounded, however long the texts: %.20s',
    (long) => {
      const text = `${'<&>😀'.repeat(5000)}\ud83d`;
      const everyField = JSON.stringify({ ...TASK, ...ORDER, taskStatus: '2' }, (_key, value: unknown) =>
        typeof value === 'string' ? text : value,
      );
      for (const ofType of ['callbot', undefined])
        expect(brokenBounds(messageFor(long, everyField, { id: text, source: text, account: text, sourceType: ofType }))).toEqual(
          [],
        );
    },
  );

  it.each(['@', '+1', '+1-', ' ', 'a', '1', 'aA', '.', '('])('is made in no time of long texts: %j', (part) => {
    const text = `x${part.repeat(2 ** 17 / part.length)} x`;
    const fields = Object.fromEntries(Object.keys({ ...TASK, ...ORDER, action: 1, text: 1 }).map((name) => [name, text]));
    const shapes = [
      fields,
      { ...fields, callInfoDetail: { ...fields, callAudioUrl: `https://a.example/${text}` }, taskStat: fields },
    ];
    for (const shape of shapes) {
      const data = { ...shape, finish: true, intents: null, agent: null, params: null };
      for (const of of ['callbot.task', 'callbot.call']) expect(brokenBounds(callbotMessage(of, data))).toEqual([]);
      expect(brokenBounds(messageFor('other.type', data))).toEqual([]);
    }
    expect(brokenBounds(messageFor('other.type', { [text]: text, action: text }))).toEqual([]);
  });

  it('is made of a body that is nested deeply, and of one with many fields', () => {
    expect(brokenBounds(messageFor('other.type', `${'['.repeat(100_000)}${']'.repeat(100_000)}`))).toEqual([]);
    expect(brokenBounds(messageFor('other.type', `${'{"a":'.repeat(3000)}1${'}'.repeat(3000)}`))).toEqual([]);
    const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`k${index}`, 'v']));
    expect(brokenBounds(messageFor('other.type', many))).toEqual([]);
    const nested = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`k${index}`, { a: {}, b: { c: 1 } }]));
    expect(brokenBounds(messageFor('other.type', nested))).toEqual([]);
  });
});

function constants(fields: Record<string, unknown>): Record<string, fc.Arbitrary<unknown>> {
  const wrong = fc.oneof(fc.jsonValue(), fc.string());
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      fc.oneof({ weight: 9, arbitrary: fc.constant(value) }, fc.constant(null), wrong),
    ]),
  );
}

function brokenBounds({ title, progress, fields, links, text, about }: Message): string[] {
  const visible = [title, ...fields.flatMap(({ name, value }) => [name, value]), ...links.map(({ label }) => label)];
  const texts = [...visible, text ?? '', progress?.counts ?? '', ...Object.values(about)];
  const line = progress === undefined ? '' : progressLine(progress);
  return [
    ...visible.filter((shown) => !/\S/.test(shown)).map(() => 'blank'),
    ...texts.filter((shown) => shown.length > 301 || !shown.isWellFormed() || /\p{Cc}|^\s|\s$/u.test(shown)),
    ...links.map(({ url }) => url).filter((url) => !/^https?:.{1,1995}$/.test(url)),
    ...(line.length > 330 || line.includes('NaN') ? [line] : []),
    ...(fields.length > 20 ? ['too many fields'] : []),
    ...(links.length > 5 ? ['too many links'] : []),
  ];
}
