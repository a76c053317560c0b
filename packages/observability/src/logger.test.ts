import { expect, it } from 'vitest';
import { describeError } from './logger.ts';

it('describes an error by type, code, message and stack, with its causes, and nothing else that it carries', () => {
  const cause = Object.assign(new Error('WRONGTYPE'), { command: { name: 'evalsha', args: ['{"userPhone":"8613800138000"}'] } });
  const error = Object.assign(new TypeError('it failed', { cause }), { code: 'RB_INTERNAL', body: '8613800138000' });
  const fields = describeError(error);
  expect(fields).toMatchObject({
    type: 'TypeError',
    code: 'RB_INTERNAL',
    message: 'it failed',
    cause: { type: 'Error', message: 'WRONGTYPE' },
  });
  expect(fields.stack).toContain('logger.test.ts');
  expect(JSON.stringify(fields)).not.toContain('8613800138000');
});

it('ends, whatever an error has for a cause, and keeps long messages short', () => {
  const error = new Error('x'.repeat(10_000));
  error.cause = error;
  expect(JSON.stringify(describeError(error)).length).toBeLessThan(6000);
});

it('names no value that was thrown instead of an error', () => {
  expect(describeError('8613800138000')).toEqual({ type: 'string', message: 'not an error' });
});
