import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, vi } from 'vitest';
import { createCheckout } from '../test-checkout.ts';

const DEADLINE = { timeout: 20_000, interval: 20 };

/** An app that logs 180 KB every few milliseconds, and writes down each time. */
const app = (name: string) => `
import { appendFileSync } from 'node:fs';
process.on('SIGTERM', () => { appendFileSync('events', '${name} stopped\\n'); process.exit(0); });
const log = (msg, fields) => console.log(JSON.stringify({ level: 'info', time: '2026-01-02T03:04:05.000Z', msg, ...fields }));
log('${name} is up', { url: 'http://127.0.0.1:1', adminUrl: 'http://127.0.0.1:2', kinds: ['event'] });
setInterval(() => { for (let n = 0; n < 200; n += 1) log('x'.repeat(900)); appendFileSync('events', 'logged\\n'); }, 5);
`;

it('goes on while nobody reads what npm start shows, and after that was closed', async () => {
  const made = await createCheckout();
  symlinkSync(fileURLToPath(new URL('../../node_modules', import.meta.url)), join(made.root, 'node_modules'));
  await made.write('ringback.yaml', 'redis: { cluster: { nodes: ["127.0.0.1:1"] } }\n');
  for (const name of ['ingress', 'worker']) await made.write(`apps/${name}/src/main.ts`, app(name));
  const running = made.run(['scripts/start.ts']);
  await vi.waitFor(() => expect(running.stdout() + running.stderr()).toContain('Everything is up'), DEADLINE);
  const logged = async () => (await made.lines('events')).length;
  const logsOn = async (times: number) => {
    const before = await logged();
    await vi.waitFor(async () => expect(await logged()).toBeGreaterThan(before + times), DEADLINE);
  };
  running.child.stdout?.pause();
  await logsOn(50);
  running.child.stdout?.destroy();
  running.child.stderr?.destroy();
  await logsOn(20);
  running.child.kill('SIGTERM');
  expect(await running.ended).toEqual({ code: 0, signal: null });
  expect((await made.lines('events')).filter((event) => event !== 'logged')).toEqual(['ingress stopped', 'worker stopped']);
});
