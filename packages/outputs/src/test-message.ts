import type { Field, Message } from '@ringback/messages';
import * as fc from 'fast-check';

export function testMessage(overrides: Partial<Message> = {}): Message {
  return {
    title: '▶️ Task in progress',
    state: 'neutral',
    progress: { percent: 90, counts: '90 of 100 orders' },
    fields: [
      { name: 'Task', value: 'spring' },
      { name: 'Orders answered', value: '45 of 90 (50 %)' },
    ],
    links: [],
    about: {
      id: 'r-1',
      source: 'callbot',
      account: 'account-1',
      type: 'callbot.task.inProgress',
      time: '2026-03-01T12:00:00.000Z',
    },
    ...overrides,
  };
}

const HOSTILE = [
  '&',
  '<',
  '>',
  '|',
  '*',
  '_',
  '~',
  '`',
  '\\',
  '@everyone',
  '<@1>',
  '<!channel>',
  ':fire:',
  '[a](https://x.example)',
  '# ',
  '- ',
  '1. ',
];

/** Any text of a sender: one line of at most 301 UTF-16 units with a visible character. */
const text: fc.Arbitrary<string> = fc
  .oneof(
    fc.string({ unit: 'grapheme' }),
    fc.array(fc.constantFrom(...HOSTILE, 'word', '😀', ' '), { maxLength: 20 }).map((parts) => parts.join('')),
    fc.constantFrom(...HOSTILE, 'word', '😀').map((part) => part.repeat(300)),
  )
  .map((shown) => `${shown.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim()}x`.slice(-301).toWellFormed());

const field: fc.Arbitrary<Field> = fc.record({ name: text, value: text });

export const anyMessage: fc.Arbitrary<Message> = fc.record({
  title: text,
  state: fc.constantFrom('good', 'warning', 'bad', 'neutral'),
  progress: fc.option(fc.record({ percent: fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined }), counts: text }), {
    nil: undefined,
  }),
  fields: fc.array(field, { maxLength: 20, size: 'max' }),
  links: fc.array(fc.record({ label: text, url: fc.webUrl({ withQueryParameters: true, withFragments: true }) }), {
    maxLength: 5,
    size: 'max',
  }),
  text: fc.option(text, { nil: undefined }),
  about: fc.record({
    id: text,
    source: text,
    account: text,
    type: text,
    time: fc.constantFrom('2026-03-01T12:00:00.000Z', '9e99'),
  }),
});
