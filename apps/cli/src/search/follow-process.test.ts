import { createInterface } from 'node:readline';
import { NO_ROWS, openHistory } from '@ringback/history';
import { createTcpProxy, testPostgres, testRedis } from '@ringback/testkit';
import { expect, it, onTestFinished, vi } from 'vitest';
import { startCli, testFile } from '../run-cli.ts';
import { callbackRow, deliveryRow } from './test-history.ts';

const SOON = { timeout: 60_000, interval: 20 };

/** A history on PostgreSQL, whose way there and whose way to Redis can be cut. */
async function setUp() {
  const { url, schema } = testPostgres();
  const history = await openHistory({ store: 'postgres', url: { reveal: () => url }, schema }, { folder: '/' });
  onTestFinished(() => history.close());
  const redis = testRedis();
  const [toHistory, toRedis] = await Promise.all([proxyTo(url), proxyTo(redis.url)]);
  const file = await testFile(
    'ringback.yaml',
    `
redis: { prefix: ${redis.prefix} }
sources: [{ name: callbot, type: callbot, accounts: [{ uuid: account, secrets: [s3cret-value] }] }]
outputs: [{ name: crm, type: webhook, url: 'https://example.com/hook' }]
routes: [{ to: [crm] }]
history: { store: postgres, url: '${toHistory.url}', schema: ${schema} }
`,
  );
  let orders = 0;
  /** An order of task 7, whose delivery is a dead letter. */
  const write = async (id: string) => {
    orders += 1;
    const row = callbackRow(id, { receivedAt: Date.now(), subjects: { task: '7', order: `O${orders}`, orderFinished: true } });
    await history.write({ ...NO_ROWS, callbacks: [row], deliveries: [deliveryRow(row, { state: 'dead', at: Date.now() })] });
  };
  const start = (...args: string[]) => {
    const child = startCli([...args, '--config', file], { env: { REDIS_URL: toRedis.url } });
    const [out, err] = [child.stdout, child.stderr].map((stream) => {
      const lines: string[] = [];
      if (stream) createInterface({ input: stream }).on('line', (line) => lines.push(line));
      return lines;
    });
    const exit = new Promise<unknown>((resolve) => child.once('close', (code, signal) => resolve(code ?? signal)));
    return { child, out: out ?? [], err: err ?? [], exit };
  };
  return { toHistory, toRedis, write, start };
}

async function proxyTo(address: string) {
  const url = new URL(address);
  const proxy = await createTcpProxy({ port: Number(url.port) });
  onTestFinished(() => proxy.close());
  url.port = String(proxy.port);
  const goAway = () => {
    proxy.refuse();
    proxy.cut();
  };
  return { url: url.href, goAway, comeBack: () => proxy.heal() };
}

const shows = (lines: readonly string[], text: string) => vi.waitUntil(() => lines.some((line) => line.includes(text)), SOON);

it('search --follow and tasks --watch go on while Redis and the history are away and back, and Ctrl-C ends them with 0', async () => {
  const { toHistory, toRedis, write, start } = await setUp();
  await write('earlier');
  const search = start('search', '--state', 'dead', '--follow', '--json');
  const tasks = start('tasks', '--watch', '--json');
  await Promise.all([shows(search.out, '"earlier"'), shows(tasks.out, '"ordersFinished":1')]);
  await write('in-time');
  await Promise.all([shows(search.out, '"in-time"'), shows(tasks.out, '"ordersFinished":2')]);
  for (const way of [toRedis, toHistory]) way.goAway();
  await Promise.all([search, tasks].map(({ err }) => shows(err, 'RB_HISTORY_UNAVAILABLE')));
  await write('meanwhile');
  for (const way of [toRedis, toHistory]) await way.comeBack();
  await Promise.all([shows(search.out, '"meanwhile"'), shows(tasks.out, '"ordersFinished":3')]);
  for (const { child, err, exit } of [search, tasks]) {
    child.kill('SIGINT');
    expect(await exit).toBe(0);
    expect(err).toEqual([expect.stringMatching(/^RB_HISTORY_UNAVAILABLE: .* it is asked again/), 'the history answers again']);
  }
  expect(search.out).toHaveLength(3);
}, 120_000);

it('search --follow and tasks --watch end with 0 once nobody reads what they say', async () => {
  const { write, start } = await setUp();
  await write('first');
  const all = [start('search', '--follow'), start('tasks', '--watch')];
  await Promise.all(all.map(({ out }) => vi.waitUntil(() => out.length > 1, SOON)));
  for (const { child } of all) child.stdout?.destroy();
  await write('second');
  expect(await Promise.all(all.map(({ exit }) => exit))).toEqual([0, 0]);
  expect(all.map(({ err }) => err)).toEqual([[], []]);
}, 120_000);
