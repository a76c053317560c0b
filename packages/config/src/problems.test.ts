import { describe, expect, it } from 'vitest';
import { problems, settings } from './test-settings.ts';

// In `settings()` redis stands on line 1, sources on 2, outputs on 3, routes on 4, and `more` on 5.
const output = (keys: string) => settings({ outputs: `outputs: [{ name: out, ${keys} }]` });
const DURATION = 'is not a duration; write a number and a unit: 500ms, 5s, 10m, 24h, 7d';

describe('problems of a settings file', () => {
  it('finds none in the settings that the others vary', () => {
    expect(problems(settings())).toEqual([]);
  });

  it.each(['redis://:hush@h:99999', 'redis://:hush#1@h', 'redis://:%zz@hush', 'redis://hush/none'])(
    'finds a URL of Redis that cannot be read, and does not show it: %s',
    (url) => {
      const found = problems(settings({ redis: `redis: { url: '${url}' }` }));
      expect(found).toEqual([expect.stringMatching(/^1:15 redis.url: the value is not a URL that can be read: redis/)]);
    },
  );

  it.each([
    [
      'an unknown section',
      settings({ more: 'ingres: {}' }),
      '5:1 ingres: unknown key; did you mean ingress? Known: log, ingress, worker, redis, dedupe, quarantine, history, settings, privacy, tracing, alerts, sources, outputs, routes',
    ],
    ['an unknown key', settings({ more: 'log: { colour: red }' }), '5:8 log.colour: unknown key; known: level'],
    [
      'an unknown key of a stanza',
      output('type: stdout, timout: 5s'),
      '3:38 outputs[0].timout: unknown key; did you mean timeout? Known: name, type, timeout, concurrency, retry, breaker, backlog, rateLimit, mask',
    ],
    [
      'a key of another type',
      output('type: stdout, url: hush://x'),
      '3:38 outputs[0].url: unknown key; known: name, type, timeout, concurrency, retry, breaker, backlog, rateLimit, mask',
    ],
    ['a text for a number', settings({ more: "ingress: { port: '80' }" }), '5:18 ingress.port: "80" is not a whole number'],
    ['a fraction', settings({ more: 'worker: { concurrency: 1.5 }' }), '5:24 worker.concurrency: 1.5 is not a whole number'],
    ['a number for a text', settings({ more: 'ingress: { host: 127 }' }), '5:18 ingress.host: 127 is not text; put it in quotes'],
    ['a text for a section', output('type: stdout, retry: yes'), '3:45 outputs[0].retry: "yes" is not a mapping'],
    ['a list for a text', settings({ more: 'ingress: { host: [a] }' }), '5:18 ingress.host: a list is not text'],
    ['nothing for a section', settings({ more: 'ingress:' }), '5:9 ingress: nothing is not a mapping'],
    [
      'a number too large',
      settings({ more: 'ingress: { port: 65536 }' }),
      '5:18 ingress.port: 65536 is too large: at most 65535',
    ],
    [
      'a number too small',
      settings({ more: 'ingress: { adminPort: -1 }' }),
      '5:23 ingress.adminPort: -1 is too small: at least 0',
    ],
    ['a duration without a unit', output('type: stdout, timeout: 5'), `3:47 outputs[0].timeout: 5 ${DURATION}`],
    ['a duration in words', output('type: stdout, timeout: 5 seconds'), `3:47 outputs[0].timeout: "5 seconds" ${DURATION}`],
    [
      'a size in another unit',
      settings({ more: 'ingress: { bodyLimit: 1MB }' }),
      '5:23 ingress.bodyLimit: "1MB" is not a size; write a number and a unit: 512B, 64KiB, 1MiB, 1GiB',
    ],
    [
      'a share of another kind',
      settings({ redis: 'redis: { url: redis://r, overload: { memory: { high: 100% } } }' }),
      '1:54 redis.overload.memory.high: "100%" is not a percentage from 1% to 99%',
    ],
    [
      'watermarks the wrong way round',
      settings({ redis: 'redis: { url: redis://r, overload: { memory: { low: 90% } } }' }),
      '1:46 redis.overload.memory: a mapping has a low that is above its high',
    ],
    [
      'a duration too short',
      settings({ more: 'worker: { lockDuration: 1999ms }' }),
      '5:25 worker.lockDuration: "1999ms" is out of bounds: at least 2s and at most 1h',
    ],
    [
      'a window too short',
      settings({ more: 'dedupe: { window: 999ms }' }),
      '5:19 dedupe.window: "999ms" is out of bounds: at least 1s and at most 365d',
    ],
    [
      'a level that is none',
      settings({ more: 'log: { level: trace }' }),
      '5:15 log.level: "trace" is not one of debug, info, warn, error',
    ],
    [
      'a prefix with other characters',
      settings({ redis: "redis: { url: 'redis://x', prefix: 'a:b' }" }),
      '1:36 redis.prefix: "a:b" is not text of letters, digits, - and _',
    ],
    [
      'a URL of something else',
      settings({ redis: 'redis: { url: http://hush }' }),
      '1:15 redis.url: the value is not a URL that begins with redis:// or rediss://',
    ],
    ['no sources', settings({ sources: '' }), '1:1 sources: is missing'],
    ['no outputs', settings({ outputs: '', routes: 'routes: []' }), '1:1 outputs: is missing'],
    ['no routes', settings({ routes: '' }), '1:1 routes: is missing'],
    ['an empty list of sources', settings({ sources: 'sources: []' }), '2:10 sources: has too few entries: at least 1'],
    ['no name', settings({ outputs: 'outputs: [{ type: stdout }]', routes: 'routes: []' }), '3:11 outputs[0].name: is missing'],
    [
      'a name with other characters',
      settings({ outputs: 'outputs: [{ name: Out, type: stdout }]', routes: 'routes: []' }),
      '3:19 outputs[0].name: "Out" is not a name of small letters, digits, - and _ (at most 63, the first a letter or a digit)',
    ],
    ['no type', output('timeout: 5s'), '3:11 outputs[0].type: is missing; write one of webhook, stdout'],
    ['an unknown type', output('type: slak'), '3:30 outputs[0].type: "slak" is not one of webhook, stdout'],
    [
      'a stanza that is none',
      settings({ outputs: 'outputs: [{ name: out, type: stdout }, foo]' }),
      '3:40 outputs[1]: the value is not a mapping',
    ],
    ['no secret', output('type: webhook'), '3:11 outputs[0].url: is missing; write url or urlFile'],
    [
      'an unknown key beside a missing one',
      settings({ sources: 'sources: [{ name: a, type: callbot, accounts: [{ uuid: a, algorithm: sha }] }]' }),
      [
        '2:48 sources[0].accounts[0].secrets: is missing; write secrets or secretsFile',
        '2:70 sources[0].accounts[0].algorithm: "sha" is not one of md5, sha256',
      ],
    ],
    [
      'a name given twice',
      settings({ outputs: 'outputs: [{ name: out, type: stdout }, { name: out, type: stdout }]' }),
      '3:48 outputs[1].name: "out" is the name of outputs[0] as well',
    ],
    [
      'a route to nowhere',
      settings({ routes: 'routes: [{ to: [out, oot] }]' }),
      '4:22 routes[0].to[1]: "oot" is not an output; did you mean out? Known: out',
    ],
    [
      'a route without outputs',
      settings({ outputs: 'outputs: []' }),
      '4:17 routes[0].to[0]: "out" is not an output; known: none',
    ],
    ['a route to no list', settings({ routes: 'routes: [{ to: out }]' }), '4:16 routes[0].to: "out" is not a list'],
    [
      'a condition that cannot be used',
      settings({ routes: 'routes: [{ when: nonsense == 1, to: [out] }]' }),
      '4:18 routes[0].when: Unknown variable: nonsense',
    ],
    ['an empty pattern', settings({ routes: "routes: [{ match: ['a', ''], to: [out] }]" }), '4:25 routes[0].match[1]: is empty'],
    [
      'a pattern that is a number',
      settings({ routes: 'routes: [{ match: 3, to: [out] }]' }),
      '4:19 routes[0].match: 3 is not text; put it in quotes',
    ],
    [
      'a text for a truth value',
      output('type: webhook, url: http://x, verbose: yes'),
      '3:63 outputs[0].verbose: "yes" is not true or false',
    ],
    [
      'a form that fits none',
      output('type: webhook, url: http://x, auth: { realm: 3 }'),
      '3:69 outputs[0].auth.realm: 3 is not text; put it in quotes',
    ],
  ])('%s', (_what, text, expected) => {
    expect(problems(text)).toEqual([expected].flat());
  });

  it('are all reported at once, in the order of the file', () => {
    const text = settings({ more: 'log: { level: x }\ndedupe: { windw: 1s }', outputs: 'outputs: [{ name: out, type: x }]' });
    expect(problems(text).map((line) => line.replace(/: .*/, ''))).toEqual([
      '3:30 outputs[0].type',
      '5:15 log.level',
      '6:11 dedupe.windw',
    ]);
  });

  it.each([
    ['a secret', "sources: [{ name: a, type: callbot, accounts: [{ uuid: a, secrets: 'hush' }] }]"],
    ['one of many', "sources: [{ name: a, type: callbot, accounts: [{ uuid: a, secrets: [['hush']] }] }]"],
    ['a mapping of secrets', 'sources: [{ name: a, type: callbot, accounts: { hush: 1 } }]'],
    ['what should be a section with secrets', 'sources: [{ name: a, type: callbot, accounts: [hush] }]'],
    ['a secret under another key', 'sources: [{ name: a, type: callbot, accounts: [{ uuid: a, secret: hush }] }]'],
  ])('never show %s', (_what, sources) => {
    const lines = problems(settings({ sources }));
    expect(lines).not.toEqual([]);
    expect(lines.join()).not.toContain('hush');
  });

  it('never show the value of a variable', () => {
    const text = settings({ more: 'log: { level: "${LEVEL}" }', routes: 'routes: [{ to: ["${OUT}"] }]' });
    expect(problems(text, { env: { LEVEL: 'hush', OUT: 'husher' } })).toEqual([
      '4:17 routes[0].to[0]: the value is not an output; known: out',
      '5:15 log.level: the value is not one of debug, info, warn, error',
    ]);
  });

  it('name both ways to say where Redis is', () => {
    const problem = [expect.stringContaining('1:10 redis.url: is missing; write url, urlFile, sentinel or cluster, or set')];
    expect(problems(settings({ redis: 'redis:   {}' }))).toEqual(problem);
    expect(problems(settings({ redis: 'redis:   {}' }), { env: { REDIS_URL: '' } })).toEqual(problem);
    expect(problems(settings({ redis: '' }), { env: { REDIS_URL: 'http://hush' } })).toEqual([
      '2:1 redis.url (from REDIS_URL): the value is not a URL that begins with redis:// or rediss://',
    ]);
  });
});
