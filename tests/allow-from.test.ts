import { testRedis, createInstallation, interfaceSettings, exchange, parseAnswer, rawRequest } from '@ringback/testkit';
import { expect, it, vi } from 'vitest';

/**
 * An ingress of which one source is reached by these addresses only; and how it answers a request that came
 * by way of others.
 */
async function startIngress({ allowFrom, trustProxy }: { allowFrom: string; trustProxy?: string }) {
  const { url, prefix } = testRedis();
  const { startIngress: start } = await createInstallation({
    redisUrl: url,
    settings: (crmUrl) =>
      interfaceSettings({ crmUrl, prefix, ingress: trustProxy === undefined ? '' : `trustProxy: [${trustProxy}]` }).replace(
        'type: callbot',
        `type: callbot\n    allowFrom: [${allowFrom}]`,
      ),
  });
  const { url: ingress, process } = await start();
  const statusFor = async (...forwarded: string[]) => {
    const headers = forwarded.length === 0 ? {} : { 'x-forwarded-for': forwarded };
    return parseAnswer(await exchange(ingress, rawRequest({ headers }))).status;
  };
  return { ingress, process, statusFor };
}

it('takes callbacks of a source from its addresses only, and refuses others before it reads or judges anything', async () => {
  const { ingress, process, statusFor } = await startIngress({ allowFrom: "10.0.0.0/8, '2001:db8::/32'" });
  expect(await statusFor()).toBe(401);
  // Nobody's word is believed unless the settings name the proxy.
  expect(await statusFor('10.1.2.3')).toBe(401);
  const unjudged = rawRequest({ headers: { sign: undefined, 'content-length': '1000000', expect: '100-continue' } });
  const answer = await exchange(ingress, unjudged);
  expect(parseAnswer(answer)).toMatchObject({
    status: 401,
    body: { retCode: 6003, retMsg: expect.stringMatching(/^RB_ADDRESS_REFUSED: (?!.*127)/) },
  });
  const refusals = () => process.lines.filter(({ code }) => code === 'RB_ADDRESS_REFUSED');
  await vi.waitFor(() => expect(refusals()).toHaveLength(3), { timeout: 10_000 });
  expect(refusals()).toEqual(
    Array.from({ length: 3 }, () => expect.objectContaining({ level: 'warn', source: 'callbot', from: '127.0.0.1' })),
  );
});

it('takes them from loopback where that is allowed', async () => {
  const { statusFor } = await startIngress({ allowFrom: '127.0.0.1' });
  expect(await statusFor()).toBe(200);
  expect(await statusFor('192.0.2.9')).toBe(200);
});

it('believes the proxies that the settings name, as far as each tells of the next', async () => {
  const { statusFor } = await startIngress({ allowFrom: '10.0.0.0/8', trustProxy: '127.0.0.0/8, 192.0.2.1' });
  expect(await statusFor()).toBe(401);
  expect(await statusFor('10.1.2.3')).toBe(200);
  expect(await statusFor('::ffff:10.1.2.3')).toBe(200);
  expect(await statusFor('10.1.2.3, 192.0.2.1')).toBe(200);
  expect(await statusFor('10.1.2.3', '192.0.2.1')).toBe(200);
  // What the sender itself wrote before the proxy added where it really comes from.
  expect(await statusFor('10.1.2.3, 198.51.100.7')).toBe(401);
  expect(await statusFor('10.1.2.3', '198.51.100.7, 192.0.2.1')).toBe(401);
  expect(await statusFor('10.1.2.3, unknown')).toBe(401);
  expect(await statusFor('')).toBe(401);
});
