import { describe, expect, it } from 'vitest';
import { load, problems, settings } from './test-settings.ts';

const ACCOUNTS = "accounts: [{ uuid: acc, secrets: ['hush'] }]";
const source = (allowFrom: string) =>
  settings({ sources: `sources: [{ name: callbot, type: callbot, allowFrom: ${allowFrom}, ${ACCOUNTS} }]` });

describe('addresses in the settings', () => {
  it('are handed on as they are written', () => {
    expect(load(source("[192.0.2.7, '2001:db8::/32']")).sources).toMatchObject([{ allowFrom: ['192.0.2.7', '2001:db8::/32'] }]);
    expect(load(settings({ more: 'ingress: { trustProxy: [10.0.0.0/8] }' })).ingress.trustProxy).toEqual(['10.0.0.0/8']);
  });

  it('may be absent', () => {
    const { sources, ingress } = load(settings());
    expect([sources[0]?.allowFrom, ingress.trustProxy]).toEqual([undefined, undefined]);
  });

  it.each([
    ['a name', source('[crm.example.com]'), '2:55 sources[0].allowFrom[0]: "crm.example.com" is not an IP address'],
    ['a prefix too long', source('[192.0.2.1, 10.0.0.0/33]'), '2:66 sources[0].allowFrom[1]: "10.0.0.0/33" is not an IP address'],
    ['no list', source('10.0.0.1'), '2:54 sources[0].allowFrom: "10.0.0.1" is not a list'],
    ['an empty list', source('[]'), '2:54 sources[0].allowFrom: has too few entries: at least 1'],
    ['a proxy that is none', settings({ more: 'ingress: { trustProxy: [true] }' }), '5:25 ingress.trustProxy[0]: true is not '],
    [
      'a proxy by its name',
      settings({ more: 'ingress: { trustProxy: [proxy] }' }),
      '5:25 ingress.trustProxy[0]: "proxy" is not an IP address',
    ],
  ])('are told when they are wrong: %s', (_name, text, problem) => {
    expect(problems(text)).toEqual([expect.stringContaining(problem)]);
  });
});
