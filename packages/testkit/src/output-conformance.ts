import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { type Bench, createBench, type OutputConformance, secretsShown, URL_SECRETS } from './output-bench.ts';
import { describeHttpConformance } from './output-conformance-http.ts';

/** The suite that every output type must pass. Call it at the top level of the test file. */
export function describeOutputConformance(options: OutputConformance): void {
  describe(`output ${options.type.type}: conformance`, () => {
    const bench = createBench(options);
    describeSecrecy(options, bench);
    if (options.sends === 'lines') describeLines(bench);
    else {
      describeEndpoints(bench);
      describeHttpConformance(options.sends, bench);
    }
  });
}

function describeEndpoints({ createOutput, urlAt }: Bench): void {
  it.each([
    ['http://127.0.0.1:8080', { host: '127.0.0.1', port: 8080, tls: false }],
    ['https://hooks.example', { host: 'hooks.example', port: 443, tls: true }],
    ['http://[::1]', { host: '::1', port: 80, tls: false }],
  ])('names the server that it sends to, and nothing that may be a secret: %s', (origin, endpoint) => {
    expect(createOutput({ url: urlAt(origin) }).endpoints?.()).toEqual([endpoint]);
  });
}

function describeSecrecy({ type, settings, secrets, sends }: OutputConformance, { createOutput, urlAt }: Bench): void {
  const allSecrets = sends === 'lines' ? secrets : [...secrets, ...URL_SECRETS];

  it('is given every secret that the suite looks for', () => {
    for (const secret of allSecrets) expect(JSON.stringify(settings(urlAt()))).toContain(secret);
  });

  it('shows no secret when the output or its settings are printed', () => {
    expect(secretsShown(createOutput(), allSecrets)).toEqual([]);
    expect(secretsShown(Value.Decode(type.settings, settings(urlAt())), allSecrets)).toEqual([]);
  });

  it('refuses a setting that it does not know, rather than ignore it', () => {
    expect(Value.Check(type.settings, settings(urlAt()))).toBe(true);
    expect(Value.Check(type.settings, { ...settings(urlAt()), noSuchSetting: 1 })).toBe(false);
  });
}

function describeLines({ createOutput, attempt, lines }: Bench): void {
  it('writes one line per delivery, the same for every attempt, and makes no request', async () => {
    const output = createOutput();
    expect(await attempt(output)).toMatchObject({ outcome: 'delivered' });
    expect(await attempt(output, { attempt: 2 })).toMatchObject({ outcome: 'delivered' });
    expect(lines()).toHaveLength(2);
    expect(lines()[0]).toBe(lines()[1]);
    expect(lines()[0]).not.toMatch(/[\r\n]/);
  });

  it('writes nothing once the signal has aborted', async () => {
    expect(await attempt(createOutput(), { signal: AbortSignal.abort() })).toEqual({
      outcome: 'retry',
      failure: 'unavailable',
      reason: 'aborted',
    });
    expect(lines()).toEqual([]);
  });
}
