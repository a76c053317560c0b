import { describe, expect, it, onTestFinished } from 'vitest';
import { type AdminServerOptions, startAdminServer } from './admin-server.ts';

async function start(overrides: Partial<AdminServerOptions> = {}) {
  const server = await startAdminServer({
    host: '127.0.0.1',
    port: 0,
    defaultPort: 0,
    notReadyReasons: async () => [],
    ...overrides,
  });
  onTestFinished(() => server.close());
  return server;
}

const status = async (url: string, path: string) => (await fetch(new URL(path, url))).status;
const portOf = ({ url }: { url: string }) => Number(new URL(url).port);

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
    const second = await start({ port: undefined, defaultPort: portOf(first) });
    expect(portOf(second)).not.toBe(portOf(first));
    expect(await status(second.url, '/livez')).toBe(200);
  });

  it('refuses to start where the port that the settings name is taken', async () => {
    const first = await start();
    await expect(start({ port: portOf(first) })).rejects.toMatchObject({ code: 'RB_PORT_TAKEN' });
  });
});
