import { describe, expect, it } from 'vitest';
import { problems, settings } from './test-settings.ts';

// In `settings()` sources stand on line 2, outputs on 3, and `more` on 5.
const source = (name: string, more = '') =>
  `{ name: ${name}, type: callbot, accounts: [{ uuid: u, secrets: [hush] }${more}], path: /x }`;

describe('settings that fit one by one, and not together', () => {
  it.each([
    ['any free port for both', settings({ more: 'ingress: { port: 0, adminPort: 0 }' })],
    ['one port on two addresses', settings({ more: 'ingress: { host: 10.0.0.1, adminPort: 8080 }' })],
    ['one port for two processes', settings({ more: 'worker: { adminPort: 1 }\ningress: { adminPort: 1 }' })],
    ['one account at two sources', settings({ sources: `sources: [${source('a')}, ${source('b').replace('/x', '/y')}]` })],
  ])('are none: %s', (_what, text) => {
    expect(problems(text)).toEqual([]);
  });

  it.each([
    [
      'an account given twice',
      settings({ sources: `sources: [${source('a', ', { uuid: u, secrets: [hush] }')}]` }),
      '2:86 sources[0].accounts[1].uuid: "u" is sources[0].accounts[0].uuid as well; put all secrets of an account into one',
    ],
    [
      'a path given to two sources',
      settings({ sources: `sources: [${source('a')}, ${source('b')}]` }),
      '2:165 sources[1].path: "/x" is sources[0].path as well; give each a path of its own',
    ],
    [
      'one port for two servers of a process',
      settings({ more: 'ingress: { adminPort: 8080 }' }),
      '5:23 ingress.adminPort: 8080 is ingress.port as well; each needs its own',
    ],
    [
      'an output of alerts that does not exist',
      settings({ more: 'alerts: { to: [out, oot] }' }),
      '5:21 alerts.to[1]: "oot" is not an output; did you mean out? Known: out',
    ],
    [
      'delays the wrong way round',
      settings({ outputs: 'outputs: [{ name: out, type: stdout, retry: { minDelay: 61m } }]' }),
      '3:45 outputs[0].retry: a mapping has a minDelay that is above its maxDelay',
    ],
  ])('are told with their place: %s', (_what, text, expected) => {
    expect(problems(text)).toEqual([expected]);
  });
});
