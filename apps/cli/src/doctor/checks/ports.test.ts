import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { createSecret, SILENT } from '@ringback/contracts';
import { createMetrics, startAdminServer } from '@ringback/observability';
import { describe, expect, it, onTestFinished } from 'vitest';
import { portChecks } from './ports.ts';
import { listening, run, settingsWith } from '../test-doctor.ts';

const TLS = new URL('../../../../../packages/testkit/tls/', import.meta.url);

async function startAdmin(access: Pick<Parameters<typeof startAdminServer>[0], 'adminTls'> = {}) {
  const admin = await startAdminServer({
    adminHost: '127.0.0.1',
    adminPort: 0,
    defaultPort: 0,
    notReadyReasons: async () => [],
    metrics: createMetrics({ app: 'ingress', version: '1.2.3' }),
    logger: SILENT,
    ...access,
  });
  onTestFinished(() => admin.close());
  return admin;
}

describe('ports', () => {
  const at = (config: string) => run(portChecks, { config });

  async function settingsAt(port: number, adminPort: number, adminMore = '') {
    const config = await settingsWith();
    await writeFile(
      config,
      `
ingress: { host: 127.0.0.1, port: ${port}, adminPort: ${adminPort}${adminMore} }
worker: { adminPort: 0 }
sources: [{ name: callbot, type: callbot, accounts: [{ uuid: u, secrets: [s3cret-value-of-16-bytes] }] }]
outputs: []
routes: []
`,
    );
    return config;
  }

  it.each(['abc', '70000'])('names a RINGBACK_LISTEN_PORT of %s, with which no ingress starts', async (port) => {
    const [first] = await run(portChecks, { config: await settingsAt(0, 0), env: { RINGBACK_LISTEN_PORT: port } });
    expect(first).toMatchObject({ severity: 'error', text: expect.stringContaining('RINGBACK_LISTEN_PORT is not a port') });
  });

  it('tells a Ringback that runs from another program', async () => {
    const admin = await startAdmin();
    const other = await listening(createServer((socket) => socket.end()));
    const adminPort = Number(new URL(admin.url).port);
    expect(await at(await settingsAt(other, adminPort))).toMatchObject([
      { check: 'port-ingress', severity: 'ok', text: 'taken, and a Ringback runs here' },
      { check: 'port-ingress-admin', severity: 'ok', text: 'a Ringback runs here' },
      { check: 'port-worker-admin', severity: 'ok', text: 'any free port' },
    ]);
    const third = await listening(createServer((socket) => socket.end()));
    expect(await at(await settingsAt(other, third))).toMatchObject([
      { check: 'port-ingress', severity: 'warning' },
      { check: 'port-ingress-admin', severity: 'error', text: 'taken by another program' },
      {},
    ]);
  });

  it('knows a Ringback whose admin port speaks TLS', async () => {
    const [cert, key, ca] = ['server.pem', 'server.key', 'ca.pem'].map((name) => fileURLToPath(new URL(name, TLS)));
    if (!cert || !key || !ca) throw new Error('there are three files');
    const secretOf = (path: string) => createSecret(readFileSync(path, 'utf8'));
    const admin = await startAdmin({ adminTls: { cert: secretOf(cert), key: secretOf(key), ca: secretOf(ca) } });
    const more = `, adminTls: { certFile: '${cert}', keyFile: '${key}', caFile: '${ca}' }`;
    expect((await at(await settingsAt(0, Number(new URL(admin.url).port), more)))[1]).toMatchObject({
      check: 'port-ingress-admin',
      text: 'a Ringback runs here',
    });
  });

  it('finds an address that this machine does not have', async () => {
    const config = await settingsWith();
    await writeFile(
      config,
      `
ingress: { host: 192.0.2.1, port: 18080, adminPort: 0 }
worker: { adminPort: 0 }
sources: [{ name: callbot, type: callbot, accounts: [{ uuid: u, secrets: [s3cret-value-of-16-bytes] }] }]
outputs: []
routes: []
`,
    );
    expect((await at(config))[0]).toMatchObject({ severity: 'error', text: 'this machine has no such address' });
  });
});
