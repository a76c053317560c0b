import { expect, it } from 'vitest';
import { problems, settings } from './test-settings.ts';

const log = (level: string) => problems(settings({ more: `log: { level: ${level} }` }), { env: { LEVEL: 'inf' } });
const CHOICES = 'is not one of debug, info, warn, error';

it.each([
  ['Info', `"Info" ${CHOICES}; did you mean info?`],
  ['eror', `"eror" ${CHOICES}; did you mean error?`],
  ['trace', `"trace" ${CHOICES}`],
  ['7', `7 ${CHOICES}`],
  ['"${LEVEL}"', `the value ${CHOICES}`],
])('names the choice that was meant, unless the value is far off or a variable: %s', (level, text) => {
  expect(log(level)).toEqual([`5:15 log.level: ${text}`]);
});

it('names the type that was meant', () => {
  expect(problems(settings({ outputs: 'outputs: [{ name: out, type: webhok }]' }))).toEqual([
    '3:30 outputs[0].type: "webhok" is not one of webhook, stdout; did you mean webhook?',
  ]);
});
