import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSink, interfaceSettings, postCallback, startApp, taskBody, testRedis, writeSettings } from '@ringback/testkit';
import { expect, it, onTestFinished, vi } from 'vitest';

it('delivers where the file of the history cannot be written, as on a read-only root, and says so', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ringback-unwritable-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  // A file where a folder would have to be: for root as well, nothing can be written below it.
  writeFileSync(join(folder, 'taken'), '');
  const sink = await createSink();
  onTestFinished(() => sink.close());
  const { url, prefix } = testRedis();
  const settings = interfaceSettings({ crmUrl: sink.url, prefix });
  const path = join(folder, 'taken', '.ringback', 'history.sqlite');
  const config = await writeSettings(`${settings}\nhistory: { store: sqlite, path: ${path} }\n`);
  const env = { RINGBACK_CONFIG: config, REDIS_URL: url };
  const [ingress, worker] = [startApp({ app: 'ingress', env }), startApp({ app: 'worker', env })];
  const up = await ingress.line('ingress is up');
  await worker.line('worker is up');
  expect(await postCallback({ ingress: String(up['url']), requestID: 'one', body: taskBody({ taskStatus: 1 }) })).toMatchObject({
    status: 200,
  });
  await vi.waitFor(() => expect(sink.requests).toHaveLength(1), { timeout: 30_000, interval: 20 });
  const said = () => worker.lines.filter(({ code }) => String(code).startsWith('RB_HISTORY_'));
  await vi.waitFor(() => expect(said()).toHaveLength(1), { timeout: 30_000, interval: 20 });
});
