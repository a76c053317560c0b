import { createHmac } from 'node:crypto';
import { createInstallation, printed, testRedis } from '@ringback/testkit';
import { expect, it, onTestFinished, vi } from 'vitest';

const DEADLINE = { timeout: 30_000, interval: 50 };

/**
 * The settings of the sources stand as others have written them down; only ports, outputs and routes are the
 * test's.
 */
const SOURCES = `
sources:
  - { name: nx, type: nxlink, path: /nx, accounts: [{ accessKey: k1, accessSecrets: [s1] }, { accessKey: k2, signed: false }] }
  - { name: sw, type: standard-webhooks, path: /sw, secrets: [whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw], tolerance: 5m }
  - name: github
    type: hmac
    path: /github
    secrets: [s3cret]
    signature: { header: x-hub-signature-256, algorithm: sha256, encoding: hex, prefix: "sha256=", signs: "{body}" }
    id: { header: x-github-delivery }
    event: { header: x-github-event }          # type: github.push
  - name: stripe
    type: hmac
    path: /stripe
    secrets: [whsec_x]
    signature: { header: stripe-signature, field: v1, algorithm: sha256, encoding: hex, signs: "{timestamp}.{body}" }
    timestamp: { header: stripe-signature, field: t, tolerance: 5m }
    id: { json: id }
    event: { json: type }                      # type: stripe.invoice.paid
  - { name: graph, type: hmac, path: /graph, secrets: [g], signature: { header: x-s }, challenge: { query: validationToken }, answer: { status: 202, body: OK } }
`;

async function install() {
  const { url, prefix } = testRedis();
  const installation = await createInstallation({
    redisUrl: url,
    settings: (sinkUrl) => `
ingress: { host: 127.0.0.1, port: 0, adminPort: 0 }
worker: { adminPort: 0 }
redis: { prefix: ${prefix} }
${SOURCES}
outputs: [{ name: crm, type: webhook, url: ${sinkUrl}/hook }]
routes: [{ to: [crm] }]
`,
  });
  const ingress = await installation.startIngress();
  await installation.startWorker();
  const arrived = () =>
    installation.sink.requests.map(({ body }) => JSON.parse(String(body)) as { type: string; source: string; account: string });
  return { ...installation, ingress, arrived };
}

const hex = (secret: string, text: string) => createHmac('sha256', secret).update(text).digest('hex');

it('callbacks of every source are verified, acked in their own words, and delivered by their own types', async () => {
  const { env, ingress, arrived } = await install();
  const send = (...args: string[]) => printed(env, 'send', ...args, '--url', ingress.url);
  expect(await send('call', '--source', 'nx')).toMatch(/acked +200 +retCode 0/);
  expect(await send('task', '--source', 'nx', '--account', 'k2')).toMatch(/acked +200 +retCode 0/);
  for (const source of ['sw', 'github', 'stripe']) expect(await send('event', '--source', source)).toMatch(/acked +200/);
  expect(await send('event', '--source', 'graph')).toMatch(/acked +202 +OK/);
  const { lines } = ingress.process;
  expect(lines).toContainEqual(expect.objectContaining({ level: 'warn', code: 'RB_SECRET_PUBLISHED', source: 'sw' }));
  expect(lines.filter(({ code }) => code === 'RB_SECRET_SHORT').map(({ source }) => source)).toEqual([
    'github',
    'stripe',
    'graph',
  ]);
  expect(lines).toContainEqual(expect.objectContaining({ msg: 'ingress is up', kinds: ['task', 'call', 'event'] }));
  expect(JSON.stringify(lines)).not.toMatch(/MfKQ9r8GKYqrTwj|s3cret|whsec_x/);
  await vi.waitFor(() => expect(arrived()).toHaveLength(6), DEADLINE);
  expect(
    arrived()
      .map(({ type, account }) => `${type} ${account}`)
      .toSorted(),
  ).toEqual([
    'github.invoice.paid github',
    'graph.event graph',
    'nxlink.call k1',
    'nxlink.task k2',
    'stripe.invoice.paid stripe',
    'sw.invoice.paid sw',
  ]);
}, 180_000);

it('requests for no source get a neutral answer, and a source refuses in its own words', async () => {
  const { ingress } = await install();
  const ask = async (path: string, init: RequestInit) => {
    const response = await fetch(new URL(path, ingress.url), init);
    return { status: response.status, allow: response.headers.get('allow'), text: await response.text() };
  };
  const post = { method: 'POST', body: '{}' };
  expect(await ask('/nowhere', post)).toMatchObject({
    status: 404,
    text: expect.stringMatching(/"code":"RB_PATH_UNKNOWN".*"responseID"/),
  });
  expect(await ask('/github', { method: 'PUT', body: '{}' })).toMatchObject({ status: 405, allow: 'POST' });
  expect(await ask('/graph', { method: 'DELETE' })).toMatchObject({ status: 405, allow: 'POST, GET' });
  expect(await ask('/github', post)).toMatchObject({
    status: 400,
    text: expect.stringMatching(/"code":"RB_HEADER_MISSING".*"responseID"/),
  });
  expect(await ask('/nx', post)).toMatchObject({ status: 400, text: expect.stringContaining('"retCode":2') });
  expect(await ask('/graph?validationToken=are%20you%20there', { method: 'GET' })).toEqual({
    status: 200,
    allow: null,
    text: 'are you there',
  });
  expect(await ask('/graph', { method: 'GET' })).toMatchObject({ status: 405, allow: 'POST, GET' });
  expect(ingress.process.lines.map(({ msg }) => msg)).toContain('handshake answered');
});

it('a callback without an id is known by its body: sent twice, it is delivered once', async () => {
  const { ingress, arrived } = await install();
  const post = async (callId: string) => {
    const body = JSON.stringify({ callId });
    const response = await fetch(new URL('/nx', ingress.url), { method: 'POST', headers: { accessKey: 'k2' }, body });
    expect(response.status).toBe(200);
  };
  for (const callId of ['c1', 'c1', 'c2', 'c1']) await post(callId);
  const body = JSON.stringify({ zen: 'Design for failure.' });
  const headers = { 'x-github-delivery': 'd1', 'x-github-event': 'ping', 'x-hub-signature-256': `sha256=${hex('s3cret', body)}` };
  for (const _ of [1, 2])
    expect((await fetch(new URL('/github', ingress.url), { method: 'POST', headers, body })).status).toBe(200);
  await vi.waitFor(
    () =>
      expect(
        arrived()
          .map(({ type }) => type)
          .toSorted(),
      ).toEqual(['github.ping', 'nxlink.call', 'nxlink.call']),
    DEADLINE,
  );
  onTestFinished(() => expect(arrived()).toHaveLength(3));
}, 180_000);
