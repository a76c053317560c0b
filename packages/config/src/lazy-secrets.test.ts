import { RingbackError } from '@ringback/contracts';
import { describe, expect, it } from 'vitest';
import { load, problems, settings } from './test-settings.ts';

const text = settings({
  redis: 'redis: { prefix: mine }',
  sources: 'sources: [{ name: a, type: callbot, accounts: [{ uuid: a, secrets: [known, "${CALLBOT}"] }] }]',
  outputs:
    'outputs: [{ name: out, type: webhook, url: "${CRM_URL}", signingSecretFile: nope, headers: { authorization: "Bearer ${CRM}" } }]',
});
const lazy = { secrets: 'lazy' } as const;
type Secret = { reveal(): string };
type Source = { accounts: { secrets: Secret[] }[] };
type Output = { url: Secret; signingSecret: Secret; headers: Record<string, Secret> };

describe('secrets that are not there', () => {
  it('are errors, each with its place', () => {
    expect(problems(text).map((line) => line.replace(/ is not set.*/, ''))).toEqual([
      '1:8 redis.url: is missing; write url, urlFile, sentinel or cluster, or set the environment variable REDIS_URL',
      '2:77 sources[0].accounts[0].secrets[1]: the environment variable CALLBOT',
      '3:45 outputs[0].url: the environment variable CRM_URL',
      '3:77 outputs[0].signingSecretFile: nope cannot be read: there is no such file',
      '3:117 outputs[0].headers.authorization: the environment variable CRM',
    ]);
  });

  it('are errors only once they are revealed, for who asks for that', () => {
    const { redis, sources, outputs } = load(text, lazy);
    const [{ accounts }, { url, signingSecret, headers }] = [...sources, ...outputs].map(({ settings: own }) => own) as [
      Source,
      Output,
    ];
    expect(redis.prefix).toBe('mine');
    expect(accounts[0]?.secrets[0]?.reveal()).toBe('known');
    const unset = [redis.url, accounts[0]?.secrets[1], url, signingSecret, headers['authorization']];
    const messages = unset.map((secret) => {
      try {
        return secret?.reveal();
      } catch (error) {
        return error instanceof RingbackError && error.code === 'RB_CONFIG_INVALID' ? error.message : 'another error';
      }
    });
    expect(messages.map((message) => message?.replace(/^.*ringback\.yaml:/, '').replace(/ is not set.*/, ''))).toEqual(
      problems(text).map((line) => line.replace(/ is not set.*/, '')),
    );
    expect(`${String(redis.url)} ${JSON.stringify(url)}`).toBe('[redacted] "[redacted]"');
  });

  it.each([
    [
      'a variable that is no secret',
      settings({ more: 'ingress: { host: "${NOPE}" }' }),
      /^5:19 ingress\.host: .* NOPE is not set/,
    ],
    [
      'a secret that nobody gives',
      settings({ outputs: 'outputs: [{ name: out, type: webhook }]' }),
      /^3:11 outputs\[0\]\.url: is missing/,
    ],
    ['a secret that does not fit', settings({ redis: 'redis: { url: "${URL}" }' }), /^1:15 redis\.url: the value is not a URL/],
    ['a misspelt key', settings({ more: 'lug: {}' }), /^5:1 lug: unknown key/],
  ])('leave everything else an error: %s', (_name, wrong, expected) => {
    expect(problems(wrong, { ...lazy, env: { URL: 'http://hush' } })).toEqual([expect.stringMatching(expected)]);
  });

  it('are not mistaken for values that begin with the character that marks them', () => {
    const outputs = 'outputs: [{ name: out, type: webhook, url: "${CRM_URL}" }]';
    expect(problems(settings({ outputs }), { ...lazy, env: { CRM_URL: '\uFDD0hush' } })).toEqual([
      '3:44 outputs[0].url: the value begins with U+FDD0, which cannot be used',
    ]);
  });
});
