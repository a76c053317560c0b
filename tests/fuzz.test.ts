import { testRedis, createInstallation, interfaceSettings, postCallback } from '@ringback/testkit';
import { describe, expect, it } from 'vitest';
import { runConnectionTrials } from '../chaos/fuzz/connections.ts';
import { injectTrial, receiveTrial } from '../chaos/fuzz/in-process.ts';
import { socketTrial } from '../chaos/fuzz/over-socket.ts';
import { runTrials, type TrialsOptions } from '../chaos/fuzz/run-trials.ts';
import { problemOf } from '../chaos/fuzz/verdict.ts';
import { createRandom } from '../chaos/random.ts';

const tryAll = (options: Pick<TrialsOptions, 'trial' | 'inputs' | 'memory'>) =>
  runTrials({ ...options, random: createRandom('short form'), onProgress: () => {} });

// `npm run fuzz` tries more than a million.
describe('generated inputs each get an answer of ours, and leave nothing behind', { timeout: 60_000 }, () => {
  it('in the source', async () => {
    expect(await tryAll({ trial: receiveTrial(), inputs: 5000 })).toMatchObject({ inputs: 5000, problems: [] });
  });

  it('in the whole app', async () => {
    expect(await tryAll({ trial: injectTrial(), inputs: 1000 })).toMatchObject({ inputs: 1000, problems: [] });
  });

  it('over sockets to a running ingress, which then serves the next good callback', async () => {
    const { url, prefix } = testRedis();
    const settings = (crmUrl: string) => interfaceSettings({ crmUrl, prefix });
    const { startIngress } = await createInstallation({ redisUrl: url, settings });
    const ingress = await startIngress();
    expect(await tryAll({ trial: socketTrial(ingress.url), inputs: 200 })).toMatchObject({ inputs: 200, problems: [] });
    expect(await postCallback({ ingress: ingress.url, requestID: 'after all that' })).toMatchObject({ status: 200 });
  });
});

it(
  'connections that are reset or half-closed at any byte end, and leave a running ingress as it was',
  { timeout: 120_000 },
  async () => {
    const { url, prefix } = testRedis();
    // By their defaults the ingress waits 30 s for the rest of a body.
    const timeouts = 'headersTimeout: 5s, requestTimeout: 5s';
    const settings = (crmUrl: string) => interfaceSettings({ crmUrl, prefix, ingress: timeouts });
    const { startIngress } = await createInstallation({ redisUrl: url, settings });
    const { url: ingress, adminUrl: admin, process } = await startIngress();
    const random = createRandom('short form');
    const result = await runConnectionTrials({ ingress, admin, inputs: 1000, random, onProgress: () => {} });
    expect(result).toMatchObject({ inputs: 1000, goodOnes: 2, problems: [] });
    expect([...process.lines.filter(({ level }) => level === 'error'), ...process.output]).toEqual([]);
    expect(await postCallback({ ingress, requestID: 'after all that' })).toMatchObject({ status: 200 });
  },
);

it('memory that grows would not pass', async () => {
  let inUse = 0;
  const memory = { name: 'it', inUse: () => (inUse += 10), mayGrow: 50 };
  expect((await tryAll({ trial: () => undefined, inputs: 100, memory })).problems).toMatchObject([
    expect.stringMatching(/^it grew by 80/),
  ]);
});

it('an answer with another status, another body, or an ack that is none would not pass', () => {
  const body = (retCode: number) => JSON.stringify({ retCode, retMsg: '', responseID: '' });
  expect(problemOf(500, body(5001))).toContain('status 500');
  expect(problemOf(200, '<html>')).toContain('no JSON object');
  expect(problemOf(400, '{"retCode":2}')).toContain('no responseID');
  expect(problemOf(400, '{"responseID":"x"}')).toContain('not an answer of ours');
  expect(problemOf(200, '{"code":"RB_X","message":"","responseID":"x"}')).toContain('status 200 with RB_X');
  expect(problemOf(404, '{"code":"RB_X","message":"","responseID":"x"}')).toBeUndefined();
  expect(problemOf(200, body(1))).toContain('retCode 1');
  expect(problemOf(200, body(0))).toBeUndefined();
});
