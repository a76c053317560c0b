import { expect, it } from 'vitest';
import { loggerOfShard } from './logger.ts';

/** As pino's, it works only as its own methods. */
function createLines() {
  const lines: object[] = [];
  function log(this: unknown, fields: object, message: string): void {
    if (this !== logger) throw new TypeError('not called as a method');
    lines.push({ ...fields, message });
  }
  const logger = { debug: log, info: log, warn: log, error: log };
  return { logger, lines };
}

it('names the shard in each line, unless there is only one', () => {
  const { logger, lines } = createLines();
  expect(loggerOfShard(logger, { shard: 0, shards: 1 })).toBe(logger);
  const named = loggerOfShard(logger, { shard: 3, shards: 8 });
  for (const level of ['debug', 'info', 'warn', 'error'] as const) named[level]({ code: 'RB_OVERLOADED' }, level);
  expect(lines).toEqual(['debug', 'info', 'warn', 'error'].map((message) => ({ shard: 3, code: 'RB_OVERLOADED', message })));
});
