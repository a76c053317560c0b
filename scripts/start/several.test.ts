import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, vi } from 'vitest';
import { type Checkout, createCheckout } from '../test-checkout.ts';

const DEADLINE = { timeout: 20_000, interval: 20 };

/** An app that comes up at the port that it is given, and writes down that it stopped. */
const app = (name: string) => `
import { appendFileSync } from 'node:fs';
const { RINGBACK_LISTEN_PORT: port } = process.env;
process.on('SIGTERM', () => { appendFileSync('events', '${name} '); process.exit(0); });
setInterval(() => {}, 1000);
const log = (msg, fields) => console.log(JSON.stringify({ level: 'info', time: '2026-01-02T03:04:05.000Z', msg, ...fields }));
log('${name} is up', { url: 'http://127.0.0.1:' + (port ?? 1), adminUrl: 'http://127.0.0.1:2', kinds: ['event'] });
log('a line');
`;

async function checkout(): Promise<Checkout> {
  const made = await createCheckout();
  symlinkSync(fileURLToPath(new URL('../../node_modules', import.meta.url)), join(made.root, 'node_modules'));
  await made.write('in/other.yaml', 'redis: { cluster: { nodes: ["127.0.0.1:1"] } }\n');
  for (const name of ['ingress', 'worker']) await made.write(`apps/${name}/src/main.ts`, app(name));
  return made;
}

it('runs several ingresses, each at a port of its own, and several workers, with the settings of --config', async () => {
  const made = await checkout();
  const args = ['scripts/start.ts', '--config', 'other.yaml', '--ingresses', '2', '--workers', '3'];
  const running = made.run(args, { RINGBACK_CALLER_FOLDER: join(made.root, 'in') });
  const said = () => running.stdout() + running.stderr();
  await vi.waitFor(() => expect(said()).toContain('Everything is up'), DEADLINE);
  expect(said()).toContain('settings are read from in/other.yaml (--config)');
  const ports = [...said().matchAll(/^ingress \d is up at http:\/\/127\.0\.0\.1:(\d+), admin at /gm)].map(([, port]) => port);
  expect(ports).toEqual(['1', expect.stringMatching(/\d/)]);
  expect(ports[1]).not.toBe('1');
  expect(said().match(/^worker [123] is up, admin at /gm)).toHaveLength(3);
  expect(said()).toMatch(/ send event --config \S*in\/other\.yaml {2}post/);
  await vi.waitFor(() => expect(said()).toMatch(/^03:04:05 ingress 2 info {2}a line$/m), DEADLINE);
  running.child.kill('SIGTERM');
  expect(await running.ended).toEqual({ code: 0, signal: null });
  expect(await made.lines('events')).toEqual(['ingress ingress worker worker worker ']);
});

it('shows its options', async () => {
  const running = (await checkout()).run(['scripts/start.ts', '--help']);
  expect(await running.ended).toEqual({ code: 0, signal: null });
  expect([running.stdout(), running.stderr()]).toEqual([expect.stringContaining('--ingresses <n>'), '']);
});

it.each([
  [['--workers', '0'], '--workers takes a number from 1 to 64, not 0'],
  [['--ingress', '2'], "Unknown option '--ingress'"],
])('refuses %j, and shows its options', async (args, message) => {
  const running = (await checkout()).run(['scripts/start.ts', ...args]);
  expect(await running.ended).toEqual({ code: 1, signal: null });
  expect(running.stderr()).toContain(message);
  expect(running.stderr()).toContain('--ingresses <n>');
});
