import { createInterface } from 'node:readline';
import { dirname } from 'node:path';
import { openHistory } from '@ringback/history';
import { createTcpProxy, testRedis } from '@ringback/testkit';
import { expect, it, onTestFinished, vi } from 'vitest';
import { startCli, testFile } from '../run-cli.ts';

const SOON = { timeout: 60_000, interval: 20 };

/** Settings with a history or without, and a way to Redis that is cut. */
async function setUp() {
  const { url, prefix } = testRedis();
  const address = new URL(url);
  const proxy = await createTcpProxy({ port: Number(address.port) });
  onTestFinished(() => proxy.close());
  address.port = String(proxy.port);
  proxy.refuse();
  const settings = `
redis: { prefix: ${prefix} }
sources: [{ name: callbot, type: callbot, accounts: [{ uuid: account, secrets: [s3cret-value] }] }]
outputs: [{ name: log, type: stdout }]
routes: [{ to: [log] }]
`;
  const without = await testFile('ringback.yaml', settings);
  const withHistory = await testFile('ringback.yaml', `${settings}history: { store: sqlite, path: h.sqlite }\n`);
  await (await openHistory({ store: 'sqlite', path: 'h.sqlite' }, { folder: dirname(withHistory) })).close();
  const start = (file: string) => {
    const child = startCli(['status', '--watch', '--json', '--config', file], { env: { REDIS_URL: address.href } });
    const [out, err] = [child.stdout, child.stderr].map((stream) => {
      const lines: string[] = [];
      if (stream) createInterface({ input: stream }).on('line', (line) => lines.push(line));
      return lines;
    });
    const exit = new Promise<unknown>((resolve) => child.once('close', (code, signal) => resolve(code ?? signal)));
    return { child, out: out ?? [], err: err ?? [], exit };
  };
  return { proxy, watching: start(withHistory), waiting: start(without) };
}

const shows = (lines: readonly string[], text: string) => vi.waitUntil(() => lines.some((line) => line.includes(text)), SOON);

it('status --watch finds Redis once it is back, also if it began before', async () => {
  const { proxy, watching, waiting } = await setUp();
  await Promise.all([shows(watching.out, '"missing":["Redis: '), shows(waiting.err, 'RB_REDIS_UNAVAILABLE')]);
  await proxy.heal();
  await Promise.all([watching, waiting].map(({ out }) => shows(out, '"missing":[]')));
  for (const { child, exit } of [watching, waiting]) {
    child.kill('SIGINT');
    expect(await exit).toBe(0);
  }
  expect(watching.err).toEqual([]);
  expect(waiting.err).toEqual([expect.stringMatching(/^RB_REDIS_UNAVAILABLE: .* it is asked again/), 'Redis answers again']);
}, 120_000);
