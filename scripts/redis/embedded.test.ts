import { chmodSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Checkout, createCheckout, type Running } from '../test-checkout.ts';

const DEADLINE = { timeout: 20_000, interval: 20 };

/** What `npm start` does first, by itself. */
const START = `
import { startEmbeddedRedis } from './scripts/redis/embedded.ts';
const { signal } = new AbortController();
const server = await startEmbeddedRedis({ folder: process.cwd(), say: console.log, signal });
process.on('SIGTERM', () => void server.stop().then(() => process.exit(0)));
console.log('up', server.child.pid);
setInterval(() => {}, 1000);
`;

async function checkout(): Promise<Checkout> {
  const made = await createCheckout();
  symlinkSync(fileURLToPath(new URL('../../node_modules', import.meta.url)), join(made.root, 'node_modules'));
  await made.write('start.ts', START);
  await made.redis();
  return made;
}

async function start(made: Checkout): Promise<Running & { readonly redisPid: number }> {
  const running = made.run(['start.ts']);
  const redisPid = await vi.waitFor(() => {
    const pid = /^up (\d+)$/m.exec(running.stdout())?.[1];
    expect({ pid, stderr: running.stderr() }).toEqual({ pid: expect.any(String), stderr: '' });
    return Number(pid);
  }, DEADLINE);
  return { ...running, redisPid };
}

function urlOf(made: Checkout): URL {
  return new URL(readFileSync(join(made.root, '.ringback/redis.url'), 'utf8'));
}

function connect(url: URL): Redis {
  const redis = new Redis(url.href, { retryStrategy: null, maxRetriesPerRequest: 0 });
  redis.on('error', () => {});
  onTestFinished(() => redis.disconnect());
  return redis;
}

/** Whatever there is in a folder, the folder included, that others than its owner may do something with. */
function openToOthers(path: string): string[] {
  const stat = statSync(path);
  const inside = stat.isDirectory() ? readdirSync(path).flatMap((name) => openToOthers(join(path, name))) : [];
  return (stat.mode & 0o077) === 0 ? inside : [path, ...inside];
}

describe('the Redis of npm start', () => {
  it('needs its password, which neither its command line nor its output shows', async () => {
    const made = await checkout();
    const running = await start(made);
    const url = urlOf(made);
    expect(url.password.length).toBeGreaterThanOrEqual(32);
    expect(await connect(url).config('GET', 'bind')).toEqual(['bind', '127.0.0.1']);

    const stranger = connect(new URL(`redis://127.0.0.1:${url.port}`));
    await expect(stranger.get('key')).rejects.toThrow('NOAUTH');
    const guesser = connect(new URL(`redis://:guess@127.0.0.1:${url.port}`));
    await expect(guesser.get('key')).rejects.toThrow(/WRONGPASS|NOAUTH|closed|max retries/i);

    const seen = [running.stdout(), running.stderr(), await made.lines(`/proc/${running.redisPid}/cmdline`)].join('\n');
    expect(seen).toContain(`redis://[redacted]@127.0.0.1:${url.port}`);
    expect(seen).toContain('.ringback/redis.url');
    expect(seen).not.toContain(url.password);
  });

  it('is private to its owner, also what an earlier start left open to others', async () => {
    const made = await checkout();
    const [data, urlFile] = [join(made.root, '.ringback/redis'), join(made.root, '.ringback/redis.url')];
    const first = await start(made);
    const redis = connect(urlOf(made));
    await redis.set('kept', 'yes');
    await redis.bgrewriteaof();
    await vi.waitFor(async () => expect(await redis.info('persistence')).toContain('aof_rewrite_in_progress:0'), DEADLINE);
    expect(readdirSync(data)).toContain('redis.conf');
    expect([...openToOthers(data), ...openToOthers(urlFile)]).toEqual([]);
    first.child.kill('SIGTERM');
    await first.ended;

    const all = readdirSync(data, { recursive: true, encoding: 'utf8' }).map((name) => join(data, name));
    expect(all.length).toBeGreaterThan(2);
    for (const path of [data, urlFile, ...all]) chmodSync(path, statSync(path).isDirectory() ? 0o755 : 0o644);
    await start(made);
    expect([...openToOthers(data), ...openToOthers(urlFile)]).toEqual([]);
    expect(await connect(urlOf(made)).get('kept')).toBe('yes');
  });

  it('has the same URL after a restart', async () => {
    const made = await checkout();
    const first = await start(made);
    const { href } = urlOf(made);
    first.child.kill('SIGTERM');
    await first.ended;
    await start(made);
    expect(urlOf(made).href).toBe(href);
  });
});
