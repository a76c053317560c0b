import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInstallation, interfaceSettings, postCallback, taskBody, testRedis } from '@ringback/testkit';
import { expect, it, onTestFinished, vi } from 'vitest';
import { ringback } from './commands.ts';

const DEADLINE = { timeout: 60_000, interval: 200 };

/** One callback to two outputs, of which one answers with an error. */
async function sendOne(history: string) {
  const { url, prefix } = testRedis();
  const settings = (crmUrl: string) => `${interfaceSettings({ crmUrl, prefix })}${history}`;
  const installation = await createInstallation({ redisUrl: url, settings });
  const { sink, env, startIngress, startWorker } = installation;
  sink.answer((_count, { path }) => (path === '/hook' ? 200 : 500));
  const [ingress] = await Promise.all([startIngress(), startWorker()]);
  const body = taskBody({ taskStatus: 3 });
  expect(await postCallback({ ingress: ingress.url, requestID: 'one', body })).toMatchObject({ status: 200 });
  const trace = async (...args: string[]): Promise<unknown> => {
    const { code, out, err } = await ringback(env, 'trace', ...args, '--json');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    return JSON.parse(out);
  };
  return { ...installation, body, trace };
}

it('trace tells what became of a callback that was sent, and what is under way', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ringback-trace-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const { env, body, trace } = await sendOne(`\nhistory: { store: sqlite, path: ${join(folder, 'history.sqlite')} }\n`);
  await vi.waitFor(async () => {
    expect(await trace(' "one",')).toMatchObject({
      callback: { requestID: 'one', type: 'callbot.task.completed', source: 'callbot', body, stage: 'dispatched' },
      routes: [
        { number: 1, matched: true },
        { number: 2, matched: true, because: expect.stringContaining('data.taskStatus == 3') },
      ],
      deliveries: [
        {
          output: 'crm',
          state: 'delivered',
          attempts: [{ number: 1, ms: expect.any(Number), outcome: 'delivered', status: 200 }],
        },
        {
          output: 'ops',
          state: 'waiting',
          where: 'later',
          attempts: expect.arrayContaining([
            expect.objectContaining({ number: 1, outcome: 'retry', status: 500, reason: 'HTTP 500' }),
          ]),
        },
      ],
    });
  }, DEADLINE);
  await vi.waitFor(async () => {
    const { out } = await ringback(env, 'search', '--state', 'delivered', '--output', 'crm', '--count', '--json');
    expect(out).toBe('{"count":1}\n');
  }, DEADLINE);
});

it('without a history, trace tells what Redis knows', async () => {
  const { trace } = await sendOne('');
  await vi.waitFor(async () => {
    const told = await trace('one');
    expect(told).toMatchObject({ callback: { requestID: 'one', source: 'callbot' } });
    expect(told).toHaveProperty('deliveries', [
      { output: 'crm', state: 'delivered', where: 'done', attempts: [] },
      expect.objectContaining({
        output: 'ops',
        state: 'waiting',
        where: 'later',
        attempted: expect.any(Number),
        nextAt: expect.any(String),
      }),
    ]);
    expect(told).toHaveProperty('notes', expect.arrayContaining([expect.stringContaining('no history')]));
  }, DEADLINE);
});
