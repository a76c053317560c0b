import {
  testRedis,
  createInstallation,
  interfaceSettings,
  SAMPLE_ACCOUNT,
  taskBody,
  exchange,
  parseAnswer,
  PHONE,
  rawRequest,
} from '@ringback/testkit';
import { expect, it, vi } from 'vitest';

it('refused signatures differ in their answers and log lines', async () => {
  const { url, prefix } = testRedis();
  const { startIngress } = await createInstallation({
    redisUrl: url,
    settings: (crmUrl) => interfaceSettings({ crmUrl, prefix }),
  });
  const ingress = await startIngress();
  const send = async (bytes: Buffer) => JSON.stringify(parseAnswer(await exchange(ingress.url, bytes)).body);
  const body = taskBody({ phone: PHONE });
  expect(await send(rawRequest({ requestID: 'long', headers: { sign: 'A'.repeat(64) } }))).toContain(
    'has 64 digits; md5 gives 32',
  );
  expect(await send(rawRequest({ requestID: 'low', headers: { sign: 'a'.repeat(32) } }))).toContain('upper case expected');
  expect(await send(rawRequest({ requestID: 'wrong', headers: { sign: 'A'.repeat(32) } }))).toContain('check secrets');
  expect(await send(rawRequest({ requestID: 'who', headers: { uuid: 'nobody' } }))).not.toContain('nobody');

  const refusals = () => ingress.process.lines.filter(({ msg }) => msg === 'callback refused');
  await vi.waitFor(() => expect(refusals()).toHaveLength(4), { timeout: 30_000, interval: 20 });
  const lines = refusals();
  const common = { from: '127.0.0.1', bytes: Buffer.byteLength(body) };
  const mismatch = { ...common, code: 'RB_SIGN_MISMATCH', account: SAMPLE_ACCOUNT.uuid, algorithm: 'md5' };
  expect(lines).toMatchObject([
    { ...mismatch, requestID: 'long', signLength: 64 },
    { ...mismatch, requestID: 'low', signLength: 32 },
    { ...mismatch, requestID: 'wrong', signLength: 32 },
    { ...common, code: 'RB_ACCOUNT_UNKNOWN', requestID: 'who', uuid: 'nobody' },
  ]);
  for (const secret of [PHONE, SAMPLE_ACCOUNT.secret, 'A'.repeat(32)]) expect(JSON.stringify(lines)).not.toContain(secret);
}, 180_000);
