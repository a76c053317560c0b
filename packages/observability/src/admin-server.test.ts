import { readFileSync } from 'node:fs';
import { get } from 'node:https';
import { connect } from 'node:net';
import { createSecret } from '@ringback/contracts';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type AdminServerOptions, startAdminServer } from './admin-server.ts';
import { createMetrics } from './metrics/metrics.ts';

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

async function start(overrides: Partial<AdminServerOptions> = {}) {
  const server = await startAdminServer({
    adminHost: '127.0.0.1',
    adminPort: 0,
    defaultPort: 0,
    notReadyReasons: async () => [],
    metrics: createMetrics({ app: 'worker', version: '1.2.3' }),
    logger: SILENT,
    ...overrides,
  });
  onTestFinished(() => server.close());
  return server;
}

const status = async (url: string, path: string) => (await fetch(new URL(path, url))).status;
const portOf = ({ url }: { url: string }) => Number(new URL(url).port);
const pem = (name: string) => readFileSync(new URL(`../../testkit/tls/${name}`, import.meta.url), 'utf8');
const [ca, cert, key] = [pem('ca.pem'), pem('redis.pem'), pem('redis.key')];
const adminTls = { ca: createSecret(ca), cert: createSecret(cert), key: createSecret(key) };

describe('admin server', () => {
  it('tells that the process lives, and whether it is ready, and if not why, each time anew', async () => {
    let reasons = ['RB_X: it is late'];
    const { url } = await start({ notReadyReasons: async () => reasons });
    expect([await status(url, '/livez'), await status(url, '/readyz')]).toEqual([200, 503]);
    expect(await (await fetch(new URL('/readyz', url))).json()).toEqual({ status: 'not ready', reasons });
    reasons = [];
    expect(await status(url, '/readyz')).toBe(200);
  });

  it('tells the facts that it is given', async () => {
    const { url } = await start({ facts: () => ({ spooling: 3 }) });
    expect(await (await fetch(new URL('/readyz', url))).json()).toEqual({ status: 'ready', spooling: 3 });
    expect(await (await fetch(new URL('/livez', url))).json()).toEqual({ status: 'live', spooling: 3 });
  });

  it('takes any free port where its default is taken', async () => {
    const first = await start();
    const second = await start({ adminPort: undefined, defaultPort: portOf(first) });
    expect(portOf(second)).not.toBe(portOf(first));
    expect(await status(second.url, '/livez')).toBe(200);
  });

  it.each([
    ['', {}, 'GET /metrics HTTP/1.1\r\nHost: a\r\n'],
    [' in the midst of its TLS handshake', { adminTls }, '\u0016\u0003\u0001'],
  ])('is closed at once, whoever holds a connection%s, and takes a bounded number of them', async (_, access, half) => {
    const server = await start(access);
    const sockets = Array.from({ length: 100 }, () => connect(portOf(server), '127.0.0.1'));
    const ends = sockets.map((socket) => new Promise((resolve) => socket.on('error', () => {}).once('close', resolve)));
    onTestFinished(() => sockets.forEach((socket) => socket.destroy()));
    for (const socket of sockets) socket.write(half);
    await vi.waitFor(() => expect(sockets.filter(({ closed }) => closed)).toHaveLength(100 - 64), { timeout: 30_000 });
    await server.close();
    await Promise.all(ends);
  });

  it('refuses to start where the port that the settings name is taken', async () => {
    const first = await start();
    await expect(start({ adminPort: portOf(first) })).rejects.toMatchObject({ code: 'RB_PORT_TAKEN' });
  });
});

describe('metrics', () => {
  const TOKEN = 'a-token-of-some-length';
  const ask = async (url: string, authorization?: string, method = 'GET') =>
    (await fetch(new URL('/metrics', url), { method, ...(authorization !== undefined && { headers: { authorization } }) }))
      .status;

  it('are read by GET and HEAD alone, and change nothing', async () => {
    const { url } = await start();
    const answer = await fetch(new URL('/metrics', url));
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await answer.text()).toContain('ringback_build_info');
    const statuses = await Promise.all(['HEAD', 'POST', 'PUT', 'DELETE', 'PATCH'].map((method) => ask(url, undefined, method)));
    expect(statuses).toEqual([200, 404, 404, 404, 404]);
  });

  it('want the token where there is one; probes do not', async () => {
    const { url } = await start({ adminToken: createSecret(TOKEN) });
    const given = [undefined, 'Bearer', `Bearer ${TOKEN}x`, `Basic ${TOKEN}`, `bearer ${TOKEN}`, `Bearer ${TOKEN}`];
    expect(await Promise.all(given.map((text) => ask(url, text)))).toEqual([401, 401, 401, 401, 200, 200]);
    expect([await status(url, '/livez'), await status(url, '/readyz')]).toEqual([200, 200]);
  });

  it('want a certificate of the CA with adminTls; probes do not', async () => {
    const { url } = await start({ adminTls });
    const statusAt = (path: string, own: object) =>
      new Promise<number | undefined>((resolve, reject) => {
        const asked = get(new URL(path, url), { ca, checkServerIdentity: () => undefined, agent: false, ...own }, (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        });
        asked.on('error', reject);
      });
    const certified = { cert: pem('client.pem'), key: pem('client.key') };
    expect(url).toMatch(/^https:/);
    expect(await Promise.all([statusAt('/metrics', {}), statusAt('/metrics', certified), statusAt('/livez', {})])).toEqual([
      401, 200, 200,
    ]);
    await expect(start({ adminTls: { ...adminTls, key: createSecret('no key') } })).rejects.toMatchObject({
      code: 'RB_CONFIG_INVALID',
    });
  });

  it.each([
    ['0.0.0.0', {}, 1],
    ['0.0.0.0', { adminToken: createSecret(TOKEN) }, 0],
    ['127.0.0.1', {}, 0],
    ['localhost', {}, 0],
  ])('warn at %s with %o', async (adminHost, access, times) => {
    const codes: unknown[] = [];
    await start({ adminHost, ...access, logger: { ...SILENT, warn: (fields) => void codes.push(fields) } });
    expect(codes).toEqual(Array.from({ length: times }, () => ({ code: 'RB_ADMIN_OPEN', adminHost })));
  });
});
