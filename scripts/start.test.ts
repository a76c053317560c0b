import { existsSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Checkout, createCheckout, isRunning, type Running } from './test-checkout.ts';

const DEADLINE = { timeout: 20_000, interval: 20 };

/** An app that comes up, and writes down what happens to it and with which Redis. */
const app = (name: string) => `
import { appendFileSync } from 'node:fs';
const note = (text) => appendFileSync('events', text + '\\n');
const log = (level, msg, fields) => console.log(JSON.stringify({ level, time: '2026-01-02T03:04:05.000Z', app: '${name}', msg, ...fields }));
appendFileSync('pids', process.pid + ' ${name}\\n');
process.on('SIGTERM', () => { note('${name} stopped'); process.exit(0); });
process.on('SIGINT', () => note('${name} got SIGINT'));
setInterval(() => {}, 1000);
log('info', '${name} is up', { url: 'http://127.0.0.1:1', adminUrl: 'http://127.0.0.1:2', kinds: ['event', 'call'] });
log('warn', 'a warning', { redis: process.env.REDIS_URL, config: process.env.RINGBACK_CONFIG });
`;

/** A checkout whose apps are the ones above, and whose PATH has the Redis of this test run. */
async function checkout(): Promise<Checkout> {
  const made = await createCheckout();
  symlinkSync(fileURLToPath(new URL('../node_modules', import.meta.url)), join(made.root, 'node_modules'));
  await made.write('ringback.example.yaml', 'ingress: { port: 0 }\n');
  await made.write('apps/ingress/src/main.ts', app('ingress'));
  await made.write('apps/worker/src/main.ts', app('worker'));
  await made.redis('case "$1" in --port) echo "$$ redis" >> pids ;; esac');
  return made;
}

async function start(made: Checkout): Promise<Running> {
  const running = made.run(['scripts/start.ts']);
  await vi.waitFor(() => expect(running.stdout() + running.stderr()).toContain('Everything is up'), DEADLINE);
  return running;
}

/** Its URL is where a person finds it as well. */
async function redisOf(made: Checkout): Promise<Redis> {
  const [url = 'redis://not-found'] = await made.lines('.ringback/redis.url');
  const redis = new Redis(url, { retryStrategy: null });
  redis.on('error', () => {});
  onTestFinished(() => redis.disconnect());
  return redis;
}

/** The pids that the apps and Redis wrote down; all of them MUST be gone. */
async function expectNothingLeft(made: Checkout, processes: number) {
  const pids = await made.lines('pids');
  expect(pids).toHaveLength(processes);
  const left = async () => (await Promise.all(pids.map((pid) => isRunning(Number.parseInt(pid, 10))))).filter(Boolean);
  await vi.waitFor(async () => expect(await left()).toEqual([]), DEADLINE);
}

describe('npm start', () => {
  it('brings up Redis, ingress and worker, says so, and stops them one by one', async () => {
    const made = await checkout();
    const running = await start(made);
    expect(running.stdout()).toMatch(/^settings are read from ringback\.example\.yaml/m);
    expect(running.stdout()).toMatch(/^redis {4}is up at redis:\/\/\[redacted\]@127\.0\.0\.1:\d+: redis-server .* on PATH/m);
    expect(running.stdout()).toMatch(/^ingress {2}is up at http:\/\/127\.0\.0\.1:1/m);
    expect(running.stdout()).toMatch(/^worker {3}is up, admin at http:\/\/127\.0\.0\.1:2/m);
    expect(running.stdout()).toMatch(/^ {2}npm run ringback -- send event {4}post a signed sample callback \(also: call\)$/m);
    await vi.waitFor(() => expect(running.stdout()).toMatch(/^03:04:05 worker {3}warn {2}a warning {2}redis=redis:/m), DEADLINE);
    running.child.kill('SIGTERM');
    expect(await running.ended).toEqual({ code: 0, signal: null });
    expect(await made.lines('events')).toEqual(['ingress stopped', 'worker stopped']);
    await expectNothingLeft(made, 3);
  });

  it('stops the same way on a Ctrl-C, which everyone in front of the terminal gets', async () => {
    const made = await checkout();
    const running = await start(made);
    process.kill(-running.pid, 'SIGINT');
    expect(await running.ended).toEqual({ code: 0, signal: null });
    expect(await made.lines('events')).toEqual(['ingress stopped', 'worker stopped']);
    await expectNothingLeft(made, 3);
  });

  it('keeps data and port over a stop', async () => {
    const made = await checkout();
    const first = await start(made);
    const before = await redisOf(made);
    await before.set('kept', 'yes');
    expect(await before.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction']);
    expect(await before.config('GET', 'appendfsync')).toEqual(['appendfsync', 'everysec']);
    first.child.kill('SIGINT');
    await first.ended;
    await start(made);
    const after = await redisOf(made);
    expect(await after.get('kept')).toBe('yes');
    expect(after.options.port).toBe(before.options.port);
  });

  it('leaves nothing behind when killed', async () => {
    const made = await checkout();
    const running = await start(made);
    running.child.kill('SIGKILL');
    expect(await running.ended).toEqual({ code: null, signal: 'SIGKILL' });
    await expectNothingLeft(made, 3);
  });

  it('ends the Redis of a start that was killed before it starts one on the same data', async () => {
    const made = await checkout();
    const first = await start(made);
    await (await redisOf(made)).set('kept', 'yes');
    const left = (await made.lines('pids')).find((line) => line.endsWith('redis')) ?? '';
    first.child.kill('SIGKILL');
    await first.ended;
    await start(made);
    expect(await isRunning(Number.parseInt(left, 10))).toBe(false);
    expect(await (await redisOf(made)).get('kept')).toBe('yes');
  });

  it('comes back after everything was killed at once', async () => {
    const made = await checkout();
    const first = await start(made);
    await (await redisOf(made)).set('kept', 'yes');
    for (const pid of [first.pid, ...(await made.lines('pids')).map((line) => Number.parseInt(line, 10))])
      process.kill(pid, 'SIGKILL');
    await first.ended;
    await start(made);
    expect(await (await redisOf(made)).get('kept')).toBe('yes');
  });

  it('runs once per checkout', async () => {
    const made = await checkout();
    await start(made);
    const second = made.run(['scripts/start.ts']);
    expect(await second.ended).toEqual({ code: 1, signal: null });
    expect(second.stderr()).toContain('already runs in this folder');
    expect(await made.lines('pids')).toHaveLength(3);
  });

  it('shows the error of an app that cannot start, and stops the rest', async () => {
    const made = await checkout();
    // Once the ingress runs, so that there is something to stop.
    const failing = `
      import { readFileSync } from 'node:fs';
      while (!readFileSync('pids', 'utf8').includes('ingress'));
      console.log(JSON.stringify({ level: 'error', msg: 'worker cannot run', err: { code: 'RB_CONFIG_INVALID', message: 'bad' } }));
      process.exitCode = 1;`;
    await made.write('apps/worker/src/main.ts', failing);
    const running = made.run(['scripts/start.ts']);
    expect(await running.ended).toEqual({ code: 1, signal: null });
    expect(running.stdout()).toContain('RB_CONFIG_INVALID: bad');
    expect(running.stderr()).toContain('worker ended (exit code 1)');
    await expectNothingLeft(made, 2);
  });

  it.each(['ingress', 'worker', 'redis'])('stops everything when %s ends by itself', async (name) => {
    const made = await checkout();
    const running = await start(made);
    const victim = (await made.lines('pids')).find((line) => line.endsWith(name)) ?? '';
    process.kill(Number.parseInt(victim, 10), 'SIGKILL');
    expect(await running.ended).toEqual({ code: 1, signal: null });
    expect(running.stderr()).toMatch(new RegExp(`${name === 'redis' ? 'redis-server' : name} ended \\(SIGKILL\\)`));
    await expectNothingLeft(made, 3);
  });

  it('kills at the second signal what does not stop', async () => {
    const made = await checkout();
    await made.write(
      'apps/worker/src/main.ts',
      `${app('worker')}\nprocess.removeAllListeners('SIGTERM'); process.on('SIGTERM', () => {});`,
    );
    const running = await start(made);
    running.child.kill('SIGINT');
    await vi.waitFor(async () => expect(await made.lines('events')).toEqual(['ingress stopped']), DEADLINE);
    running.child.kill('SIGINT');
    expect(await running.ended).toEqual({ code: 1, signal: null });
    await expectNothingLeft(made, 3);
  });

  it('uses the Redis that REDIS_URL names, and the settings that RINGBACK_CONFIG names', async () => {
    const made = await checkout();
    await made.write('other.yaml', 'ingress: { port: 0 }\n');
    const env = { REDIS_URL: 'redis://:hidden@127.0.0.1:1/0', RINGBACK_CONFIG: 'other.yaml' };
    const running = made.run(['scripts/start.ts'], env);
    await vi.waitFor(() => expect(running.stdout()).toContain(`config=${made.root}/other.yaml`), DEADLINE);
    expect(running.stdout()).toContain('settings are read from other.yaml (RINGBACK_CONFIG)');
    expect(running.stdout()).toContain('redis://[redacted]@127.0.0.1:1/0');
    expect(existsSync(join(made.root, '.ringback'))).toBe(false);
  });
});
