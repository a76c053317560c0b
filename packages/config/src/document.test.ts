import { describe, expect, it } from 'vitest';
import { load, parts, problems, settings } from './test-settings.ts';

describe('YAML', () => {
  it('may begin with a byte order mark, hold other line ends, comments and a document start', () => {
    expect(
      load(`\uFEFF---\n# settings\n${settings({ more: 'log: { level: debug } # more' })}`.replaceAll('\n', '\r\n')).log.level,
    ).toBe('debug');
    expect(problems(`\uFEFF${settings({ redis: 'redis: { prefix: 3 }' })}`)[0]).toMatch(/^1:8 redis/);
  });

  it('may repeat itself by anchors and aliases', () => {
    const sources =
      'sources: [{ name: a, type: callbot, accounts: &accounts [{ uuid: &id u, secrets: [x] }] }, { name: *id, type: callbot, accounts: *accounts }]';
    const [first, second] = load(settings({ sources })).sources;
    expect(second).toMatchObject({ name: 'u', settings: { accounts: [{ uuid: 'u' }] } });
    expect(JSON.stringify(second?.settings)).toBe(JSON.stringify(first?.settings));
  });

  it('may use merge keys: own keys win, then the first merged mapping', () => {
    const outputs = `
outputs:
  - &base { name: a, type: stdout, timeout: 1s, concurrency: 1 }
  - &other { name: b, type: stdout, timeout: 2s, retry: { attempts: 2 } }
  - { <<: [*base, *other], name: c }
  - timeout: 9s
    <<: *base
    name: d`;
    const shown = load(settings({ outputs, routes: 'routes: []' })).outputs.map(({ name, delivery }) => [
      name,
      delivery.timeout,
      delivery.concurrency,
      delivery.retry.attempts,
    ]);
    expect(shown).toEqual([
      ['a', 1000, 1, 60],
      ['b', 2000, 32, 2],
      ['c', 1000, 1, 2],
      ['d', 9000, 1, 60],
    ]);
  });

  it('may merge what stands there itself, and give an anchor anew', () => {
    const outputs = `
outputs:
  - &base { name: a, type: stdout, timeout: &t 1s }
  - { <<: [{ timeout: &t 2s, concurrency: 1 }, *base], name: b }
  - { <<: *base, name: c, concurrency: 2, retry: { minDelay: *t } }`;
    const [, b, c] = load(settings({ outputs, routes: 'routes: []' })).outputs.map(({ delivery }) => delivery);
    expect([b?.timeout, b?.concurrency, c?.timeout, c?.retry.minDelay]).toEqual([2000, 1, 1000, 2000]);
  });

  it('reports a problem behind an alias at its own position', () => {
    const outputs = 'outputs: [{ name: out, type: stdout, retry: &r { attempts: 0 } }, { name: two, type: stdout, retry: *r }]';
    expect(problems(settings({ outputs }))).toEqual([
      '3:60 outputs[0].retry.attempts: 0 is too small: at least 1',
      '3:60 outputs[1].retry.attempts: 0 is too small: at least 1',
    ]);
  });

  const many = Array.from({ length: 9 }, (_, level) => `  - &l${level + 1} [${Array(9).fill(`*l${level}`).join(', ')}]`);
  const merges = Array.from(
    { length: 9 },
    (_, level) => `  - &l${level + 1} { <<: [${Array(9).fill(`*l${level}`).join(', ')}] }`,
  );

  it.each([
    ['an empty file', '', ['1:1 the file is empty']],
    ['a file of comments', '# nothing\n', ['1:1 the file is empty']],
    ['a list', '- a\n', ['1:1 a list is not a mapping']],
    ['a text', 'hush\n', ['1:1 the value is not a mapping']],
    ['a key given twice', `${settings()}routes: []\n`, ['5:1 Map keys must be unique: routes is given twice']],
    [
      'a key given twice in a flow mapping',
      settings({ more: 'log: { level: info, level: warn }' }),
      ['5:21 Map keys must be unique: level is given twice'],
    ],
    [
      'a key with a variable given twice',
      settings({ more: 'log: { "${A}": info, &two "${A}": warn }' }),
      ['5:27 Map keys must be unique: "${A}" is given twice'],
    ],
    ['what is not closed', 'log: { level: info\n', [expect.stringMatching(/^2:1 Flow map .* must .* end with a }$/)]],
    ['a tab for indentation', 'log:\n\tlevel: info\n', ['2:1 Tabs are not allowed as indentation']],
    ['what no one expects', 'log: "a" hush\n', ['1:10 Unexpected scalar at node end']],
    ['an escape that is none', String.raw`log: "a\qhush"`, ['1:8 Invalid escape sequence']],
    ['a block header that is none', 'log: |hush\n  a\n', ['1:7 Block scalar header includes extra characters']],
    [
      'several documents',
      `${settings()}---\nlog: {}\n`,
      ['5:1 the file holds several documents; settings are one: remove the --- and what follows it'],
    ],
    ['a tag', settings({ more: 'log: { level: !env LEVEL }' }), ['5:15 Unresolved tag: !env']],
    ['a key that is no text', '[a]: 1\n', ['1:1 With stringKeys, all keys must be strings']],
    ['an alias without its anchor', settings({ more: 'log: *nope' }), ['5:6 log: there is no such anchor before this alias']],
    [
      'an alias inside of its anchor',
      settings({ more: 'log: &log { level: *log }' }),
      ['5:20 log.level: the alias stands inside of what it names'],
    ],
    [
      'a merge of no mapping',
      settings({ more: 'log: { <<: 3 }' }),
      ['5:12 log.<<: only a mapping, or a list of mappings, can be merged'],
    ],
    [
      'aliases that multiply',
      `x:\n  - &l0 [a]\n${many.join('\n')}\n`,
      [expect.stringMatching(/with its aliases the file holds more than 20000 values$/)],
    ],
    [
      'merges that multiply',
      `x:\n  - &l0 { a: 1 }\n${merges.join('\n')}\n`,
      [expect.stringMatching(/with its aliases the file holds more than 20000 values$/)],
    ],
    [
      'a key with a meaning for JavaScript',
      settings({ more: '__proto__: { log: { level: x } }' }),
      [expect.stringMatching(/^5:1 __proto__: unknown key/)],
    ],
  ])('%s', (_what, text, expected) => {
    expect(problems(text)).toEqual(expected);
  });

  it('may hold many settings', () => {
    const outputs = Array.from({ length: 500 }, (_, index) => `  - { name: out${index}, type: stdout, retry: { attempts: 3 } }`);
    const text = settings({ ...parts, outputs: `outputs:\n${outputs.join('\n')}`, routes: 'routes: [{ to: [out499] }]' });
    expect(load(text).outputs).toHaveLength(500);
  });
});
