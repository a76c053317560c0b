import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { X509Certificate } from 'node:crypto';
import { createSink } from '@ringback/testkit';
import { expect, it, onTestFinished } from 'vitest';
import { outputChecks } from './outputs.ts';
import { closedPort, listening, run, settingsWith } from '../test-doctor.ts';

const pem = (name: string) => readFileSync(new URL(`../../../../../packages/testkit/tls/${name}`, import.meta.url));
const DAY_MS = 86_400_000;

async function look(url: string, options: { now?: () => number; http?: boolean; timeout?: number } = {}) {
  const headers = "{ authorization: 'Bearer s3cret-header' }";
  const config = await settingsWith({
    outputs: `[{ name: crm, type: webhook, url: '${url}/s3cret-path', headers: ${headers} }]`,
  });
  const findings = await run(outputChecks, { config, ...options });
  expect(JSON.stringify(findings)).not.toContain('s3cret');
  return (check: string) => findings.filter((one) => one.check === check);
}

it('finds a name that is not known', async () => {
  // A label of more than 63 characters: the resolver refuses it without a request.
  const of = await look(`http://${'x'.repeat(64)}.invalid`);
  expect(of('output-dns')).toMatchObject([{ severity: 'error', text: 'host not found' }]);
  expect(of('output-tcp')).toEqual([]);
});

it('finds a port that is closed', async () => {
  const of = await look(`http://127.0.0.1:${await closedPort()}`);
  expect(of('output-dns')).toMatchObject([{ severity: 'ok', text: '127.0.0.1' }]);
  expect(of('output-tcp')).toMatchObject([{ severity: 'error', text: 'connection refused' }]);
});

it('finds a server that speaks no TLS, or does not end the handshake', async () => {
  const plain = await createSink();
  onTestFinished(() => plain.close());
  expect((await look(plain.url.replace('http', 'https')))('output-tls')).toMatchObject([
    { severity: 'error', text: expect.stringMatching(/^tls: /) },
  ]);
  const silent = await listening(createServer());
  const of = await look(`https://127.0.0.1:${silent}`, { timeout: 2000 });
  expect(of('output-tcp')).toMatchObject([{ severity: 'ok' }]);
  expect(of('output-tls')).toMatchObject([{ severity: 'error', text: 'timeout' }]);
});

it('finds a certificate that has expired, expires soon, is of another name or not trusted', async () => {
  const port = await listening(createTlsServer({ cert: pem('server.pem'), key: pem('server.key') }));
  const url = `https://127.0.0.1:${port}`;
  const end = Date.parse(new X509Certificate(pem('server.pem')).validTo);
  const wrong = [
    { severity: 'error', text: expect.stringContaining('for another name') },
    { severity: 'error', text: expect.stringContaining('DEPTH_ZERO_SELF_SIGNED_CERT') },
  ];
  expect((await look(url))('output-tls')).toMatchObject(wrong);
  const soon = await look(url, { now: () => end - 5 * DAY_MS });
  expect(soon('output-tls')).toMatchObject([
    { severity: 'warning', text: expect.stringContaining('expires in 5 days') },
    ...wrong,
  ]);
  const late = await look(url, { now: () => end + DAY_MS });
  expect(late('output-tls')).toMatchObject([{ severity: 'error', text: expect.stringContaining('expired at') }, ...wrong]);
});

it('compares the clock of a destination only if asked to, with HEAD / and nothing of the settings', async () => {
  const sink = await createSink();
  onTestFinished(() => sink.close());
  expect((await look(sink.url))('output-clock')).toMatchObject([{ severity: 'note', text: expect.stringContaining('--http') }]);
  expect(sink.requests).toEqual([]);
  expect((await look(sink.url, { http: true }))('output-clock')).toMatchObject([{ severity: 'ok' }]);
  const ahead = () => Date.now() + 30_000;
  expect((await look(sink.url, { http: true, now: ahead }))('output-clock')).toMatchObject([
    { severity: 'warning', text: expect.stringContaining('ahead of its clock') },
  ]);
  expect(sink.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(['HEAD /', 'HEAD /']);
  for (const { headers } of sink.requests) expect(headers).not.toHaveProperty('authorization');
});

it('says of a destination that answers no HTTP that it does not, with --http', async () => {
  const port = await listening(createServer((socket) => void socket.once('data', () => socket.end('SSH-2.0-x\r\n'))));
  expect((await look(`http://127.0.0.1:${port}`, { http: true }))('output-clock')).toMatchObject([
    { severity: 'note', text: expect.stringMatching(/^does not answer HEAD \/: not an HTTP answer/) },
  ]);
});
