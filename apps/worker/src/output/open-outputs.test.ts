import type { DeliveryResult, OutputDeps } from '@ringback/contracts';
import { compareSettings, inspectConfig } from '@ringback/config';
import { createHttpClient, outputTypes } from '@ringback/outputs';
import { sourceTypes } from '@ringback/sources';
import { expect, it } from 'vitest';
import { openOutputs } from './open-outputs.ts';

const FAILED: DeliveryResult = { outcome: 'retry', failure: 'error', reason: 'HTTP 500' };
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const deps: OutputDeps = {
  http: createHttpClient(),
  writeLine: () => Promise.resolve(),
  now: Date.now,
  sourceTypeOf: () => undefined,
};
const common = { deps, now: () => performance.now(), attemptsOf: () => () => {}, logger: silent };

function inspect(outputs: Readonly<Record<string, string>>) {
  const stanzas = Object.entries(outputs).map(
    ([name, more]) => `{ name: ${name}, type: webhook, url: "https://h.example/", ${more} }`,
  );
  const text = `
redis: { url: redis://127.0.0.1:6379 }
sources: [{ name: callbot, type: callbot, accounts: [{ uuid: u, secrets: [hush] }] }]
outputs: [${stanzas.join(', ')}]
routes: [{ to: [${Object.keys(outputs).join(', ')}] }]`;
  const readFile = () => Buffer.from(text);
  return inspectConfig({ path: 'ringback.yaml', env: {}, sourceTypes, outputTypes, checkCondition: () => undefined, readFile });
}

it('an open breaker stays open over a reload that changes another output, and tries one delivery after one that changes its own', async () => {
  const [first, other, own] = [
    inspect({ crm: 'timeout: 5s', audit: 'timeout: 5s' }),
    inspect({ audit: 'timeout: 6s', crm: 'timeout: 5s' }),
    inspect({ audit: 'timeout: 6s', crm: 'timeout: 6s' }),
  ];
  const started = openOutputs({ ...common, settings: first });
  const breakerOf = (outputs: typeof started) => outputs.find(({ output }) => output.name === 'crm')?.breaker;
  for (let count = 0; count < 50; count += 1) await breakerOf(started)?.run(async () => ({ result: FAILED }));
  expect(breakerOf(started)?.state()).toBe('open');
  const second = openOutputs({
    ...common,
    settings: other,
    before: { outputs: started, changes: compareSettings(first, other) },
  });
  expect(breakerOf(second)?.state()).toBe('open');
  const third = openOutputs({ ...common, settings: own, before: { outputs: second, changes: compareSettings(other, own) } });
  const changed = breakerOf(third);
  expect(changed?.status()).toMatchObject({ state: 'probing', failing: { failures: 10, reason: 'HTTP 500' } });
  // The settings did not mend it: it has been failing since the first failure.
  await changed?.run(async () => ({ result: FAILED }));
  expect(changed?.status()).toMatchObject({ state: 'open', failing: { failures: 11 } });
  const fourth = openOutputs({ ...common, settings: other, before: { outputs: third, changes: compareSettings(own, other) } });
  await breakerOf(fourth)?.run(async () => ({ result: { outcome: 'delivered' } }));
  expect(breakerOf(fourth)?.status()).toEqual({ state: 'closed' });

  // One delivery that fails again and again may be at fault itself, after a reload as well.
  for (let count = 0; count < 5; count += 1) await breakerOf(fourth)?.run(async () => ({ result: FAILED }), true);
  const fifth = openOutputs({ ...common, settings: own, before: { outputs: fourth, changes: compareSettings(other, own) } });
  expect(breakerOf(fifth)?.failures()).toBe(5);
  await breakerOf(fifth)?.run(async () => ({ result: FAILED }));
  expect(breakerOf(fifth)?.state()).toBe('closed');
});
