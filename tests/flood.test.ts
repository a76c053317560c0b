import {
  type AppProcess,
  testRedis,
  type Connection,
  openConnection,
  signedRequest,
  createInstallation,
  interfaceSettings,
} from '@ringback/testkit';
import { describe, expect, it, vi } from 'vitest';

const MIB = 1024 * 1024;
const LIMITS = 'maxInFlight: 40, maxConnections: 60, maxBytesInFlight: 4MiB';
const GOOD_ONES = 40;

async function startIngress() {
  const { url: redisUrl, prefix } = testRedis();
  const settings = (crmUrl: string) => interfaceSettings({ crmUrl, prefix, ingress: LIMITS });
  const { startIngress: start } = await createInstallation({ redisUrl, settings });
  const { url, adminUrl, process } = await start();
  /**
   * The statuses of a run of good callbacks over new connections, each with what `/readyz` said beside it.
   */
  const serve = async () => {
    const statuses = new Set<string>();
    for (let serial = 0; serial < GOOD_ONES; serial += 1) {
      const { socket, answered, answers } = openConnection(url);
      socket.write(Object.values(signedRequest({ requestID: `good-${serial}` })).join(''));
      await answered(1);
      socket.destroy();
      const ready = await fetch(new URL('/readyz', adminUrl));
      statuses.add(`${answers().join()} ${ready.status}`);
    }
    return [...statuses];
  };
  return { url, process, serve };
}

const SERVED = ['200,0 200'];

/** A head that nothing is wrong with, for a body of so many bytes that never comes. */
const headFor = (requestID: string, bytes: number) =>
  signedRequest({ requestID }).head.replace(/content-length: \d+/, `content-length: ${bytes}`);

const answersOf = (connections: readonly Connection[]) =>
  connections.flatMap(({ answers }) => answers().map(([status]) => status));
const linesOf = ({ lines }: AppProcess, message: string) => lines.filter(({ msg }) => msg === message);

/** Opens so many connections, one after the other. */
async function openAll(url: string, count: number): Promise<Connection[]> {
  const connections: Connection[] = [];
  for (let serial = 0; serial < count; serial += 1) {
    const connection = openConnection(url);
    connections.push(connection);
    await vi.waitFor(() => expect(connection.socket.pending).toBe(false), 10_000);
  }
  return connections;
}

describe('good callbacks are acked, and the ingress stays ready, beside', () => {
  it('thirty connections that send 300 KB of requests each and read no answer', { timeout: 60_000 }, async () => {
    const { url, serve, process } = await startIngress();
    const unsigned = 'POST /callbot HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}';
    const silent = await openAll(url, 30);
    for (const { socket } of silent) {
      socket.pause();
      socket.write(unsigned.repeat(300_000 / unsigned.length));
    }
    expect(await serve()).toEqual(SERVED);
    await vi.waitFor(() => expect(linesOf(process, 'callback refused').length).toBeGreaterThan(30), 10_000);
    expect(await serve()).toEqual(SERVED);
  });

  it('heads whose bodies do not come, which are given up, beyond their share', { timeout: 60_000 }, async () => {
    const { url, serve } = await startIngress();
    const heads = await openAll(url, 50);
    for (const [serial, { socket }] of heads.entries()) socket.write(headFor(`head-${serial}`, 100));
    await vi.waitFor(() => expect(answersOf(heads)).toEqual(Array(34).fill(503)), 10_000);
    expect(await serve()).toEqual(SERVED);
  });

  it('bodies that are more than may be under way', { timeout: 60_000 }, async () => {
    const { url, serve } = await startIngress();
    const heads = await openAll(url, 10);
    for (const [serial, { socket }] of heads.entries()) {
      socket.write(headFor(`large-${serial}`, MIB));
      socket.write('x'.repeat(MIB / 2));
    }
    await vi.waitFor(() => expect(answersOf(heads)).toEqual(Array(6).fill(503)), 10_000);
    expect(await serve()).toEqual(SERVED);
  });

  it('more idle connections than there may be: the oldest are closed', { timeout: 60_000 }, async () => {
    const { url, serve, process } = await startIngress();
    const underWay = openConnection(url);
    underWay.socket.write(headFor('under-way', 100));
    const used = openConnection(url);
    used.socket.write(Object.values(signedRequest({ requestID: 'used' })).join(''));
    await used.answered(1);
    const idle = await openAll(url, 100);
    const newest = idle.slice(-30);
    expect(await serve()).toEqual(SERVED);
    await vi.waitFor(() => expect([used, ...idle.slice(0, 20)].every(({ closed }) => closed())).toBe(true), 10_000);
    expect([underWay, ...newest.slice(-1)].some(({ closed }) => closed())).toBe(false);
    expect(linesOf(process, 'idle connections are closed for new ones')).toHaveLength(1);
  });
});
