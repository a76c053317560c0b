import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OutputConfig } from './load.ts';
import { load, problems, settings } from './test-settings.ts';

const MALFORMED = 'write ${NAME} or ${NAME:-default}, without quotes or braces inside, or $${ for a literal ${';

/** The URL of a webhook whose `url` is written so. */
function urlOf(written: string, env: Record<string, string>): unknown {
  const [output] = load(settings({ outputs: `outputs:\n  - name: out\n    type: webhook\n    url: ${written}` }), {
    env,
  }).outputs;
  return secretOf(output, 'url');
}

function secretOf(output: OutputConfig | undefined, key: string): unknown {
  const secret: unknown = Object.entries(output?.settings ?? {}).find(([name]) => name === key)?.[1];
  return typeof secret === 'object' && secret !== null && 'reveal' in secret && typeof secret.reveal === 'function'
    ? secret.reveal()
    : secret;
}

describe('variables', () => {
  it.each([
    ['${URL}', 'http://a/b'],
    ['"${URL}"', 'http://a/b'],
    ["'${URL}'", 'http://a/b'],
    ['http://${HOST}:${PORT}/', 'http://h:1/'],
    ['"http://${HOST}${PORT}"', 'http://h1'],
    ['${NOPE:-http://default}', 'http://default'],
    ['${EMPTY:-http://default}', 'http://default'],
    ['${URL:-http://default}', 'http://a/b'],
    ['http://x/${EMPTY}', 'http://x/'],
    ['http://x/${NOPE:-}', 'http://x/'],
    ['http://$${HOST}/', 'http://${HOST}/'],
    ['"http://$${"', 'http://${'],
    ['"http://$${" # }', 'http://${'],
    ['http://$HOST', 'http://$HOST'],
    ['http://${HOST} # and ${NOPE}', 'http://h'],
    ['> # ${NOPE}\n      http://${HOST}\n      /x', 'http://h /x\n'],
    ['|-\n      http://${HOST}/\n      ${PORT}', 'http://h/\n1'],
    ['http://${ODD}', 'http://: }]#\n- "x" ${HOST} &a *a'],
  ])('%s', (written, expected) => {
    const env = { URL: 'http://a/b', HOST: 'h', PORT: '1', EMPTY: '', ODD: ': }]#\n- "x" ${HOST} &a *a' };
    expect(urlOf(written, env)).toBe(expected);
  });

  it('may stand in flow mappings, and are not looked up in comments', () => {
    const text = settings({ redis: 'redis: { url: ${A}, prefix: ${B:-x} } # ${NOPE} ${\n# ${NOPE}' });
    const { redis } = load(text, { env: { A: 'redis://a' } });
    expect([redis.url?.reveal(), redis.prefix]).toEqual(['redis://a', 'x']);
  });

  it('may hold any text without becoming YAML', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom('${X}', '"${X}"', "'${X}'"), (value, written) => {
        expect(urlOf(written.replace('$', 'http://$'), { X: value })).toBe(`http://${value}`);
      }),
    );
  });

  it('keep every line and column where it is', () => {
    const text = settings({ more: 'log: { level: ${A}${B:-long default} } # ${A}\ningress: { host: "${A}", prt: 1 }' });
    expect(problems(text, { env: { A: 'in\nfo' } })).toEqual([
      '5:15 log.level: the value is not one of debug, info, warn, error',
      expect.stringMatching(/^6:26 ingress\.prt: unknown key/),
    ]);
  });

  it.each([
    ['ingress: { port: ${N} }', '8081', 8081],
    ['ingress: { port: ${NOPE:-8082} }', '', 8082],
  ])('become numbers where they stand alone and unquoted: %s', (more, N, port) => {
    expect(load(settings({ more }), { env: { N } }).ingress.port).toBe(port);
  });

  it('become fractions and truth values as well', () => {
    const outputs = 'outputs: [{ name: out, type: webhook, url: http://x, sampleRate: ${RATE}, verbose: ${VERBOSE} }]';
    const [output] = load(settings({ outputs }), { env: { RATE: '0.25', VERBOSE: 'false' } }).outputs;
    expect(output?.settings).toMatchObject({ sampleRate: 0.25, verbose: false });
  });

  it('stay text where text is wanted', () => {
    expect(load(settings({ more: 'ingress: { host: ${N} }' }), { env: { N: '127' } }).ingress.host).toBe('127');
  });

  it.each([
    ['ingress: { port: "${N}" }', '80', '5:18 ingress.port: the value is not a whole number'],
    ['ingress: { port: 8${N} }', '80', '5:18 ingress.port: the value is not a whole number'],
    ['ingress: { port: ${N}${N} }', '8', '5:18 ingress.port: the value is not a whole number'],
    ['ingress: { port: $${N} }', '8', '5:18 ingress.port: "${N}" is not a whole number'],
    ['ingress: { port: ${N} }', '0x50', '5:18 ingress.port: the value is not a whole number'],
    ['ingress: { port: ${N} }', '99999', '5:18 ingress.port: the value is too large: at most 65535'],
    [
      'ingress: { host: a${NOPE} }',
      '',
      '5:19 ingress.host: the environment variable NOPE is not set; set it, or write ${NOPE:-default}',
    ],
    [
      'ingress: { host: ${constructor} }',
      '',
      '5:18 ingress.host: the environment variable constructor is not set; set it, or write ${constructor:-default}',
    ],
    ['ingress: { host: "${a b}" }', '', `5:19 ingress.host: ${MALFORMED}`],
    ['ingress: { host: "${N" }', '', `5:18 ingress.host: ${MALFORMED}`],
    ['log: { ${N}: info }', 'level', ['5:8 log.${N}: a key cannot be a variable', '5:8 log.${N}: unknown key; known: level']],
  ])('%s is refused', (more, N, expected) => {
    expect(problems(settings({ more }), { env: { N } })).toEqual([expected].flat());
  });

  it('are told when unset, each at its place', () => {
    const more = 'ingress:\n  host: ${A}-\n    ${B}';
    expect(problems(settings({ more })).map((line) => line.replace(/ is not set.*/, ''))).toEqual([
      '6:9 ingress.host: the environment variable A',
      '7:5 ingress.host: the environment variable B',
    ]);
  });

  it('need two characters for themselves', () => {
    expect(problems(settings({ more: 'log: { level: "\uFDD0" }' }))).toEqual([
      '5:16 the characters U+FDD0 and U+FDD1 cannot be used',
    ]);
  });
});
