import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AppProcess,
  startApp,
  testRedis,
  createInstallation,
  interfaceSettings,
  postCallback,
  taskBody,
} from '@ringback/testkit';
import { expect, it, onTestFinished, vi } from 'vitest';

const HOUR = 3_600_000;
const DEADLINE = { timeout: 60_000, interval: 20 };

/** The environment of a process whose clock is off by `ahead` ms, and off by `later` from SIGUSR2 on. */
async function clock({ ahead = 0, later = 0 }): Promise<{ NODE_OPTIONS: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'ringback-clock-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'clock.mjs');
  const text = `let ahead = ${ahead}; const now = Date.now; Date.now = () => now() + ahead; process.on('SIGUSR2', () => { ahead = ${later}; });`;
  await writeFile(path, text);
  return { NODE_OPTIONS: `--import=${path}` };
}

async function install() {
  const { url, prefix } = testRedis();
  const installation = await createInstallation({
    redisUrl: url,
    settings: (crmUrl) =>
      interfaceSettings({ crmUrl, prefix }).replace('timeout: 5s', 'timeout: 5s\n    breaker: { failures: 2, cooldown: 1s }'),
  });
  const startWorkerAt = async (setting: Parameters<typeof clock>[0]): Promise<AppProcess> => {
    const process = startApp({ app: 'worker', env: { ...installation.env, ...(await clock(setting)) } });
    await process.line('worker is up');
    return process;
  };
  return { ...installation, startWorkerAt };
}

const body = taskBody({ taskStatus: 1 });

it.each([6, -6])(
  'a worker %d h ahead schedules retries on time, for itself and for others, and says how far it is off',
  async (hours) => {
    const { sink, startIngress, startWorker, startWorkerAt } = await install();
    const ingress = await startIngress();
    const off = await startWorkerAt({ ahead: hours * HOUR });
    const skew = await off.line(hours > 0 ? "our clock is 21600 s ahead of Redis's" : "our clock is 21600 s behind Redis's");
    expect(skew).toMatchObject({ level: 'warn', code: 'RB_CLOCK_SKEW' });
    sink.answer((count) => (count <= 1 ? 503 : 200));
    await postCallback({ ingress: ingress.url, requestID: 'one', body });
    await vi.waitFor(() => expect(sink.requests).toHaveLength(2), DEADLINE);
    sink.answer((count) => (count <= 3 ? 503 : 200));
    await postCallback({ ingress: ingress.url, requestID: 'two', body });
    await vi.waitFor(() => expect(sink.requests).toHaveLength(3), DEADLINE);
    await off.stop();
    await startWorker();
    await vi.waitFor(() => expect(sink.requests).toHaveLength(4), DEADLINE);
  },
);

it('a paused output is tried again after its cool-down, although the clock is set back by 3 h', async () => {
  const { sink, startIngress, startWorkerAt } = await install();
  const [ingress, worker] = await Promise.all([startIngress(), startWorkerAt({ later: -3 * HOUR })]);
  sink.answer(() => 503);
  for (const requestID of ['one', 'two', 'three']) await postCallback({ ingress: ingress.url, requestID, body });
  await worker.line('output paused after failures');
  worker.signal('SIGUSR2');
  sink.answer(() => 200);
  expect(await worker.line('output recovered')).toMatchObject({ output: 'crm' });
});
