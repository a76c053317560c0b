import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, vi } from 'vitest';
import { type Checkout, createCheckout, isRunning } from '../test-checkout.ts';

const INSTALLED = fileURLToPath(new URL('../../node_modules', import.meta.url));
const DEADLINE = { timeout: 20_000, interval: 20 };

/** An app that comes up, and writes down which signals it gets. */
const app = (name: string) => `
import { appendFileSync } from 'node:fs';
const note = (text) => appendFileSync('events', '${name} ' + text + '\\n');
appendFileSync('pids', process.pid + '\\n');
const log = (msg) => console.log(JSON.stringify({ level: 'info', time: '2026-01-02T03:04:05.000Z', msg, kinds: ['event'] }));
process.on('SIGHUP', () => { note('reloads'); log('settings reloaded'); });
process.on('SIGTERM', () => { note('stops'); process.exit(0); });
setInterval(() => {}, 1000);
log('${name} is up');
`;

async function checkout(): Promise<Checkout> {
  const made = await createCheckout();
  // A folder of its own: the launcher's mark of what is installed MUST NOT come into ours.
  mkdirSync(join(made.root, 'node_modules'));
  for (const name of readdirSync(INSTALLED)) {
    if (name !== '.ringback-installed') symlinkSync(join(INSTALLED, name), join(made.root, 'node_modules', name));
  }
  await made.write('ringback.yaml', 'redis: { cluster: { nodes: ["127.0.0.1:1"] } }\n');
  for (const name of ['ingress', 'worker']) await made.write(`apps/${name}/src/main.ts`, app(name));
  return made;
}

const events = async (made: Checkout) => (await made.lines('events')).toSorted();

it('lets the apps read their settings again at SIGHUP, and goes on', async () => {
  const made = await checkout();
  const running = made.run(['scripts/start.ts'], { RINGBACK_START_LOG: 'json' });
  await vi.waitFor(() => expect(running.stdout()).toContain('Everything is up'), DEADLINE);
  expect(running.stdout()).toMatch(new RegExp(`^  kill -HUP ${running.pid} +take changed settings$`, 'm'));
  running.child.kill('SIGHUP');
  const reloads = ['ingress reloads', 'worker reloads'];
  await vi.waitFor(async () => expect(await events(made)).toEqual(reloads), DEADLINE);
  await vi.waitFor(() => expect(running.stdout()).toMatch(/^\{"level":"info",.*"msg":"settings reloaded"/m), DEADLINE);
  running.child.kill('SIGTERM');
  expect(await running.ended).toEqual({ code: 0, signal: null });
  expect(await events(made)).toEqual([...reloads, 'ingress stops', 'worker stops'].toSorted());
});

it.each([['scripts/start.ts'], ['scripts/launch.mjs start']])(
  'stops everything when the terminal of %s is closed',
  async (words) => {
    const made = await checkout();
    await made.program('npx', 'mkdir -p node_modules');
    const running = made.command(['script', '-qfec', `${process.execPath} ${words}`, 'terminal']);
    await vi.waitFor(async () => expect((await made.lines('terminal')).join('')).toContain('Everything is up'), DEADLINE);
    // The terminal is that of `script`.
    running.child.kill('SIGKILL');
    const left = async () => (await Promise.all((await made.lines('pids')).map((pid) => isRunning(Number(pid))))).filter(Boolean);
    await vi.waitFor(async () => expect(await left()).toEqual([]), DEADLINE);
    expect(await events(made)).toEqual(['ingress stops', 'worker stops']);
  },
);
