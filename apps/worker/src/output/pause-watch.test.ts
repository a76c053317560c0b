import { callbackQueueState } from '@ringback/queue';
import { testRedis } from '@ringback/testkit';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished, vi } from 'vitest';
import { watchPause } from './pause-watch.ts';

const SOON = { timeout: 30_000, interval: 10 };
const MINUTE_MS = 60_000;

function setUp() {
  const { url, prefix } = testRedis();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  const queue = callbackQueueState({ redis, prefix });
  const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const clock = { ms: 0 };
  onTestFinished(async () => {
    await queue.close();
    redis.disconnect();
  });
  const start = () => {
    const watch = watchPause({ queue, lookEvery: 10, now: () => clock.ms, logger });
    onTestFinished(() => watch.close());
    return watch;
  };
  return { queue, logger, clock, start };
}

it('says that dispatching is paused at the start, again every 10 minutes, and when it goes on', async () => {
  const { queue, logger, clock, start } = setUp();
  await queue.pause();
  const { facts } = start();
  await vi.waitFor(() => expect(logger.warn).toHaveBeenCalledTimes(1), SOON);
  expect(logger.warn).toHaveBeenCalledWith(
    { code: 'RB_DISPATCH_PAUSED', seconds: 0, waiting: 0 },
    'dispatching is paused; resume with: ringback dispatch resume',
  );
  expect(facts()).toEqual({ dispatch: 'paused' });
  const looks = vi.spyOn(queue, 'isPaused');
  const lookedTwice = async () => {
    looks.mockClear();
    await vi.waitFor(() => expect(looks.mock.calls.length).toBeGreaterThan(1), SOON);
  };
  clock.ms += 9 * MINUTE_MS;
  await lookedTwice();
  expect(logger.warn).toHaveBeenCalledTimes(1);
  clock.ms += 2 * MINUTE_MS;
  await vi.waitFor(() => expect(logger.warn).toHaveBeenCalledTimes(2), SOON);
  expect(logger.warn).toHaveBeenLastCalledWith(expect.objectContaining({ seconds: 660 }), expect.any(String));
  await lookedTwice();
  expect(logger.warn).toHaveBeenCalledTimes(2);
  clock.ms += MINUTE_MS;
  await queue.resume();
  await vi.waitFor(() => expect(logger.info).toHaveBeenCalledWith({ seconds: 720 }, 'dispatching resumed'), SOON);
  expect(facts()).toEqual({});
});

it('says when it is paused later, and nothing while it is not', async () => {
  const { queue, logger, start } = setUp();
  const looks = vi.spyOn(queue, 'isPaused');
  const { facts } = start();
  await vi.waitFor(() => expect(looks.mock.calls.length).toBeGreaterThan(2), SOON);
  expect([logger.warn.mock.calls, logger.info.mock.calls, facts()]).toEqual([[], [], {}]);
  await queue.pause();
  await vi.waitFor(() => expect(logger.warn).toHaveBeenCalledTimes(1), SOON);
});

it('keeps its last answer while Redis does not answer', async () => {
  const { queue, logger, start } = setUp();
  await queue.pause();
  const { facts } = start();
  await vi.waitFor(() => expect(logger.warn).toHaveBeenCalledTimes(1), SOON);
  const looks = vi.spyOn(queue, 'isPaused').mockRejectedValue(new Error('away'));
  await vi.waitFor(() => expect(looks.mock.calls.length).toBeGreaterThan(2), SOON);
  expect([logger.info.mock.calls, facts()]).toEqual([[], { dispatch: 'paused' }]);
});
