import { readFile, writeFile } from 'node:fs/promises';
import { testRedis, createInstallation, interfaceSettings, printed, ringback, postCallback, taskBody } from '@ringback/testkit';
import { expect, it, vi } from 'vitest';
import { undocumented } from './documented-lines.ts';

const DEADLINE = { timeout: 20_000, interval: 20 };
const ROUTES = /\nroutes:[^]*$/;

it('what no route matches is kept, shown, stays while no route matches it, and goes where the routes of today say', async () => {
  const { url, prefix } = testRedis();
  const { sink, env, startIngress, startWorker } = await createInstallation({
    redisUrl: url,
    settings: (crmUrl) => interfaceSettings({ crmUrl, prefix }).replace(ROUTES, '\nroutes: [{ match: callbt.*, to: [crm] }]\n'),
  });
  const [ingress, worker] = [await startIngress(), await startWorker()];
  for (const [requestID, taskStatus] of [
    ['one', 1],
    ['two', 4],
  ] as const) {
    const body = taskBody({ taskStatus });
    expect(await postCallback({ ingress: ingress.url, requestID, body })).toMatchObject({ body: { retCode: 0 } });
  }
  await vi.waitFor(() => {
    const lines = worker.process.lines.filter(({ code }) => code === 'RB_UNROUTED');
    expect(new Set(lines.flatMap(({ quarantined }) => quarantined))).toEqual(new Set(['one', 'two']));
  }, DEADLINE);
  expect(await printed(env, 'quarantine', 'list', '--reason', 'RB_UNROUTED')).toMatch(
    /callback +ours .* one +callbot\.task\.pending /,
  );
  expect(await printed(env, 'quarantine', 'show', 'one')).toContain('t-0001');
  const early = await ringback(env, 'quarantine', 'replay', '--yes');
  expect(early).toMatchObject({ code: 1, out: 'replayed 0 of 2\n', err: expect.stringContaining('RB_UNROUTED: no route') });

  const file = env['RINGBACK_CONFIG'] ?? '';
  const fixed = 'routes: [{ match: callbot.task.pending, to: [crm] }, { match: callbot.*, drop: not pending }]\n';
  await writeFile(file, (await readFile(file, 'utf8')).replace(ROUTES, `\n${fixed}`));
  // The worker still has the old routes: what is released too early is kept again.
  expect(await printed(env, 'quarantine', 'replay', 'one')).toBe('replayed 1 of 1');
  await vi.waitFor(async () => expect(await printed(env, 'quarantine', 'list')).toContain(' one '), DEADLINE);
  await worker.process.stop();
  await startWorker();
  expect(await printed(env, 'quarantine', 'replay', '--yes')).toBe('replayed 2 of 2');
  await vi.waitFor(
    () => expect(sink.requests.map(({ body }) => String(body))).toEqual([expect.stringContaining('"one"')]),
    DEADLINE,
  );
  await vi.waitFor(
    async () => expect(await printed(env, 'dispatch')).toContain('dropped by routes so far: not pending: 1'),
    DEADLINE,
  );
  expect(await printed(env, 'quarantine', 'list')).toBe('nothing is kept that fits');
  expect(undocumented([...ingress.process.lines, ...worker.process.lines])).toEqual([]);
}, 180_000);
