import { describe, expect, it } from 'vitest';
import { loadConfig } from './load.ts';
import { salvageConfig } from './salvage.ts';
import { loadOptions, parts, settings } from './test-settings.ts';

const REDIS = 'redis: { url: redis://one.example:6379, prefix: mine }';
const ENV = { REDIS_URL: 'redis://env.example:6379' };

function salvage(text: string, env: Record<string, string> = ENV) {
  const options = loadOptions(text, { env, secrets: 'lazy' });
  expect(() => loadConfig(options)).toThrow(/ringback\.yaml:\d+:\d+ /);
  const { config, unread } = salvageConfig(options);
  const { redis, sources, outputs, log } = config;
  const names = (all: readonly { readonly name: string }[]) => all.map(({ name }) => name).join();
  const at = [redis.url?.reveal(), redis.prefix].join(' ');
  return { at, sources: names(sources), outputs: names(outputs), level: log.level, unread, redis };
}

const WHOLE = { at: 'redis://one.example:6379 mine', sources: 'callbot', outputs: 'out', level: 'info', unread: [] };

describe('a file that cannot be used', () => {
  it.each([
    [
      'a list that is not closed, after all else',
      settings({ redis: REDIS, more: 'outputs: [' }),
      { outputs: '', unread: ['outputs'] },
    ],
    ['an unknown section', settings({ redis: REDIS, more: 'logs: { level: warn }' }), {}],
    ['an unknown key', settings({ redis: REDIS, more: 'log: { level: warn, to: x }' }), { unread: ['log'] }],
    ['a variable that is not set', settings({ redis: REDIS, more: 'log: { level: "${LEVEL}" }' }), { unread: ['log'] }],
    ['a route to nobody', settings({ redis: REDIS, routes: 'routes: [{ to: [nobody] }]' }), {}],
    [
      'two sources with one path',
      settings({
        redis: REDIS,
        sources: `sources:\n${['a', 'b'].map((name) => `  - { name: ${name}, type: callbot, path: /x, accounts: [{ uuid: u, secrets: [s] }] }`).join('\n')}`,
      }),
      { sources: '', unread: ['sources'] },
    ],
  ])('is read without its error: %s', (_case, text, differs) => {
    expect(salvage(text)).toMatchObject({ ...WHOLE, ...differs });
  });

  it.each([
    ['an unknown key', 'redis: { url: redis://one.example:6379, prefix: mine, prefx: x }', WHOLE.at],
    ['a prefix that is none', 'redis: { url: redis://one.example:6379, prefix: "a b" }', 'redis://one.example:6379 ringback'],
    ['a URL that is none', 'redis: { url: one.example, prefix: mine }', 'redis://env.example:6379 mine'],
    ['a key too far to the left', 'redis:\n  url: redis://one.example:6379\n prefix: mine', 'redis://env.example:6379 ringback'],
    [
      'two places for one thing',
      'redis: { url: redis://u@one.example:6379, username: u, prefix: mine }',
      'redis://u@one.example:6379 mine',
    ],
  ])('says that redis is not read as it stands: %s', (_case, redis, at) => {
    expect(salvage(settings({ redis }))).toMatchObject({ at, unread: expect.arrayContaining(['redis']) });
  });

  it('says so too if an error before the section hides it', () => {
    const text = ['log: { level: warn }', '---', REDIS, parts.sources, parts.routes].join('\n');
    expect(salvage(text)).toMatchObject({ at: 'redis://env.example:6379 ringback', unread: expect.arrayContaining(['redis']) });
    // Nothing of it: no word of Redis.
    expect(salvage('outputs: [').unread).toEqual(['outputs']);
  });

  it('keeps sentinels and clusters, and takes no REDIS_URL beside them', () => {
    const sentinel = { name: 'm', nodes: ['h:1'] };
    const found = salvage(settings({ redis: `redis: { sentinel: ${JSON.stringify(sentinel)}, prefx: x }` }));
    expect(found.redis).toMatchObject({ sentinel });
    expect(found.redis).not.toHaveProperty('url');
    expect(salvage(settings({ redis: 'redis: { url: redis://one.example:6379, shards: 4 }' })).redis.shards).toBe(1);
  });

  it('of which nothing can be read leaves REDIS_URL', () => {
    expect(salvage('- a list\n- { }')).toMatchObject({ at: 'redis://env.example:6379 ringback', sources: '', outputs: '' });
  });
});
