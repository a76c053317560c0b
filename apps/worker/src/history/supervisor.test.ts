import { Worker } from 'node:worker_threads';
import { expect, it, onTestFinished, vi } from 'vitest';
import { keepRunning } from './supervisor.ts';

const DEADLINE = { timeout: 30_000, interval: 20 };

/** Runs one program after the other. */
function setUp(...programs: string[]) {
  const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  let started = 0;
  const create = () => {
    started += 1;
    return new Worker(programs[Math.min(started, programs.length) - 1] ?? '', {
      eval: true,
      resourceLimits: { maxOldGenerationSizeMb: 16 },
    });
  };
  const thread = keepRunning(create, { wake: () => {}, logger });
  onTestFinished(() => thread.close());
  return { logger, thread, started: () => started };
}

const say = (message: string) =>
  `require('node:worker_threads').parentPort.postMessage({ level: 'info', fields: {}, message: '${message}' });`;
const untilStopped = `require('node:worker_threads').parentPort.once('message', () => process.exit(0));`;

it('starts a thread again that exits or throws', async () => {
  const { logger } = setUp('process.exit(3)', 'throw new Error("bug")', say('up') + untilStopped);
  await vi.waitFor(() => expect(logger.info).toHaveBeenCalledWith({}, 'up'), DEADLINE);
  expect(logger.error.mock.calls.map(([fields]) => fields)).toMatchObject([
    { code: 'RB_INTERNAL', exitCode: 3, afterMs: 1000 },
    { code: 'RB_INTERNAL', exitCode: 1, reason: 'bug', afterMs: 2000 },
  ]);
});

it('survives a thread that needs too much memory', async () => {
  const { logger } = setUp('const all = []; for (;;) all.push(new Array(1e5).fill({}));');
  await vi.waitFor(() => expect(logger.error).toHaveBeenCalled(), DEADLINE);
  expect(logger.error.mock.calls[0]?.[0]).toMatchObject({ reason: expect.stringContaining('memory limit') });
});

it('asks the thread to stop, and starts none anew then', async () => {
  const { logger, thread, started } = setUp(say('up') + untilStopped);
  await vi.waitFor(() => expect(logger.info).toHaveBeenCalled(), DEADLINE);
  await thread.close();
  expect([started(), logger.error.mock.calls]).toEqual([1, []]);
});

it('ends a thread that does not stop in time', async () => {
  const { logger, thread } = setUp(`${say('up')} for (;;);`);
  await vi.waitFor(() => expect(logger.info).toHaveBeenCalled(), DEADLINE);
  await thread.close();
  expect(logger.error).not.toHaveBeenCalled();
});
