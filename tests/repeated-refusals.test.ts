import {
  createInstallation,
  exchange,
  interfaceSettings,
  parseAnswer,
  PHONE,
  rawRequest,
  SAMPLE_ACCOUNT,
  providerSign,
  taskBody,
  testRedis,
} from '@ringback/testkit';
import { expect, it, vi } from 'vitest';

const { uuid, secret } = SAMPLE_ACCOUNT;
const WAIT = { timeout: 60_000, interval: 100 };

async function startIngress(ingress = '') {
  const { url, prefix } = testRedis();
  const { startIngress: start } = await createInstallation({
    redisUrl: url,
    settings: (crmUrl) => interfaceSettings({ crmUrl, prefix, ingress }),
  });
  const { url: at, process } = await start();
  const send = async (parts: Parameters<typeof rawRequest>[0]) => parseAnswer(await exchange(at, rawRequest(parts))).status;
  const linesOf = async (code: string, count: number) => {
    await vi.waitFor(() => expect(process.lines.filter((line) => line['code'] === code)).toHaveLength(count), 30_000);
    return process.lines.filter((line) => line['code'] === code);
  };
  return { send, linesOf, lines: () => process.lines };
}

it('five refusals of an account in a row: one line says why, and no body or secret', async () => {
  const { send, linesOf, lines } = await startIngress();
  const body = taskBody({ phone: PHONE });
  const signed = { requestID: 'r', createTs: '1700000000', uuid };
  const padded = { body: `${body}\n`, headers: { sign: providerSign({ body, ...signed }) } };
  for (let count = 0; count < 4; count += 1) expect(await send(padded)).toBe(401);
  // A good one begins a new row.
  expect(await send({})).toBe(200);
  for (let count = 0; count < 4; count += 1) expect(await send(padded)).toBe(401);
  await linesOf('RB_SIGN_MISMATCH', 8);
  expect(lines().filter(({ code }) => code === 'RB_SIGN_FAILING')).toEqual([]);
  for (let count = 0; count < 4; count += 1) expect(await send(padded)).toBe(401);
  await linesOf('RB_SIGN_FAILING', 1);
  // One search rests 100 times as long as it worked. The next refusal after that has its turn.
  let strangers = 0;
  await vi.waitFor(async () => {
    expect(await send({ headers: { uuid: `nobody-${(strangers += 1)}` } })).toBe(401);
    expect(lines().filter(({ code }) => code === 'RB_SIGN_FAILING')).toHaveLength(2);
  }, WAIT);
  const told = await linesOf('RB_SIGN_FAILING', 2);
  expect(told).toMatchObject([
    { level: 'warn', source: 'callbot', account: uuid, refusals: 5, cause: 'trailing-newline', proven: true },
    { level: 'warn', source: 'callbot', refusals: expect.any(Number), cause: 'unknown-account' },
  ]);
  expect(told[1]).not.toHaveProperty('account');
  // Without trustProxy, nobody's X-Forwarded-For is believed.
  expect(await send({ headers: { 'x-forwarded-for': '198.51.100.7', sign: 'A'.repeat(64) } })).toBe(401);
  const [line] = (await linesOf('RB_SIGN_MISMATCH', 13)).slice(-1);
  expect(line).toMatchObject({ from: '127.0.0.1', signLength: 64, likely: 'wrong-algorithm' });
  expect(line).not.toHaveProperty('forwardedFor');
  for (const text of [PHONE, secret, providerSign({ body, ...signed })]) expect(JSON.stringify(lines())).not.toContain(text);
});

it('a refusal has what verify needs, and the way through trusted proxies only', async () => {
  const headers = { 'content-type': 'text/plain', 'x-forwarded-for': '198.51.100.7, 10.0.0.1' };
  const stale = { ...headers, sign: undefined };
  const trusting = await startIngress('trustProxy: [127.0.0.1, 10.0.0.0/8]');
  expect(await trusting.send({ headers: { ...headers, sign: 'a'.repeat(32) } })).toBe(401);
  expect(await trusting.send({ headers: stale })).toBe(401);
  const facts = { requestID: 'r', uuid, account: uuid, algorithm: 'md5', contentType: 'text/plain' };
  const way = { from: '198.51.100.7', forwardedFor: '198.51.100.7, 10.0.0.1' };
  expect(await trusting.linesOf('RB_SIGN_MISMATCH', 1)).toMatchObject([
    { ...facts, ...way, signLength: 32, likely: 'lower-case' },
  ]);
  const [missing] = await trusting.linesOf('RB_SIGN_MISSING', 1);
  expect(missing).toMatchObject({ ...facts, ...way, bytes: expect.any(Number) });
});

it('a stranger whose body is nested deeply gets a line, and holds up nobody', async () => {
  const { send, linesOf } = await startIngress();
  const body = `${'['.repeat(8190)}${']'.repeat(8190)}`;
  for (let count = 0; count < 6; count += 1) expect(await send({ body, headers: { sign: 'A'.repeat(32) } })).toBe(401);
  const [line] = await linesOf('RB_SIGN_FAILING', 1);
  expect(line).toMatchObject({ account: uuid, cause: 'wrong-secret', proven: false });
  expect(line?.['untried']).toContain('nested deeper than 100 levels');
  expect(await send({ requestID: 'good' })).toBe(200);
});
