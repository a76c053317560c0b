import { expect, it, vi } from 'vitest';
import { createErrorReporter } from './error-reporter.ts';

const reply = (message: string) => Object.assign(new Error(message), { name: 'ReplyError' });
const refused = () => Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' });
const CRM = { queue: 'output.crm' };

function setUp({ wasAway = (_since: number): boolean => false, overAfter = 50, lossToldAfter = 1 } = {}) {
  const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  return { logger, report: createErrorReporter({ wasAway, logger, overAfter, lossToldAfter }) };
}

it('writes one line when errors of a kind begin, and one with their number when they are over', async () => {
  const { logger, report } = setUp();
  for (let time = 0; time < 1000; time += 1) report(reply('READONLY You can not write'), CRM);
  report(reply('READONLY You can not write'), { queue: 'callbacks' });
  expect(logger.warn.mock.calls).toEqual([[expect.objectContaining({ kind: 'READONLY', ...CRM }), 'queue error']]);
  await vi.waitFor(() => expect(logger.info).toHaveBeenCalledTimes(1), 10_000);
  expect(logger.info).toHaveBeenCalledWith(
    { kind: 'READONLY', errors: 1001, seconds: expect.any(Number), queues: ['output.crm', 'callbacks'] },
    'queue errors are over',
  );
  report(reply('READONLY You can not write'), CRM);
  expect(logger.warn).toHaveBeenCalledTimes(2);
});

it('tells kinds apart, and not the jobs that they are about', async () => {
  const { logger, report } = setUp({ overAfter: 60_000 });
  for (const id of ['1', '2', '3']) report(new Error(`could not renew lock for job ${id}`), CRM);
  report(reply('OOM command not allowed'), CRM);
  report(refused(), CRM);
  const kinds = () => logger.warn.mock.calls.map(([line]) => line.kind);
  await vi.waitFor(() => expect(kinds()).toEqual(['could not renew', 'OOM', 'network']), 10_000);
  // Only of what nobody knows is a stack of use.
  expect(logger.warn.mock.calls.map(([line]) => 'err' in line)).toEqual([true, false, false]);
});

it('says nothing of the network while the connection itself is away, which tells that', () => {
  const { logger, report } = setUp({ wasAway: () => true });
  report(refused(), CRM);
  expect(logger.warn).not.toHaveBeenCalled();
});

it('says nothing of a loss that a queue meets before the connection does', async () => {
  let looks = 0;
  const { logger, report } = setUp({ wasAway: () => (looks += 1) > 1 });
  report(refused(), CRM);
  await vi.waitFor(() => expect(looks).toBe(2), 10_000);
  expect(logger.warn).not.toHaveBeenCalled();
});

it('says nothing of a loss that was over before a queue met it', () => {
  const lostAt = performance.now();
  const { logger, report } = setUp({ wasAway: (since) => lostAt >= since, lossToldAfter: 10_000 });
  report(refused(), CRM);
  expect(logger.warn).not.toHaveBeenCalled();
});
