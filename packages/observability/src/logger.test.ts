import { spawnSync } from 'node:child_process';
import { RingbackError } from '@ringback/contracts';
import { describe, expect, it } from 'vitest';
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

it('ends for any chain of causes, and cuts long messages', () => {
  const error = new Error('x'.repeat(10_000));
  error.cause = error;
  expect(JSON.stringify(describeError(error)).length).toBeLessThan(6000);
});

it('keeps all problems of settings: a person needs the last one as well as the first', () => {
  const message = Array.from({ length: 50 }, (_, line) => `ringback.yaml:${line}:1 outputs[0].timeout: is wrong`).join('\n');
  expect(describeError(new RingbackError('RB_CONFIG_INVALID', message)).message).toBe(message);
});

it('names no value that was thrown instead of an error', () => {
  expect(describeError('8613800138000')).toEqual({ type: 'string', message: 'not an error' });
});

describe('createLogger', () => {
  /** Runs a program of its own that has `logger`, and gives the lines that it wrote. */
  function linesOf(program: string): Record<string, unknown>[] {
    const module = new URL('./index.ts', import.meta.url).href;
    const text = `import { createLogger, openStdout } from ${JSON.stringify(module)}; const logger = createLogger({ app: 'worker', level: 'info', stdout: openStdout() }); ${program}`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', text], {
      encoding: 'utf8',
      timeout: 30_000,
    });
    return stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  }

  it('writes every line, in order, also when the process exits or fails in the same turn', () => {
    const lines = linesOf(`for (let n = 1; n <= 3; n += 1) logger.info({ n }, 'line'); process.exit(1);`);
    expect(lines).toMatchObject([1, 2, 3].map((n) => ({ level: 'info', app: 'worker', n, msg: 'line' })));
    expect(linesOf(`logger.error({ n: 1 }, 'line'); throw new Error('x');`)).toMatchObject([{ n: 1 }]);
    expect(linesOf(`logger.info({ n: 1 }, 'line');`)).toMatchObject([{ n: 1 }]);
  });

  it('SIGUSR2 switches between debug and the level of the settings, and a level set meanwhile counts', () => {
    const lines = linesOf(`
      const { switchLevelBySignal } = await import(${JSON.stringify(new URL('./index.ts', import.meta.url).href)});
      let level = 'warn';
      logger.level = level;
      switchLevelBySignal(logger, () => level);
      const signalled = async () => {
        const heard = new Promise((resolve) => process.once('SIGUSR2', resolve));
        process.kill(process.pid, 'SIGUSR2');
        await heard;
      };
      const alive = setInterval(() => {}, 1000);
      logger.info({ hidden: true }, 'before');
      await signalled();
      logger.debug({}, 'while it is debug');
      await signalled();
      logger.info({ hidden: true }, 'after');
      await signalled();
      logger.level = level = 'info'; // As a reload does.
      logger.debug({ hidden: true }, 'reloaded');
      await signalled();
      logger.debug({}, 'debug again');
      clearInterval(alive);
    `);
    const switched = 'the log level was switched';
    expect(lines.map(({ msg, logLevel }) => [msg, logLevel])).toEqual([
      [switched, 'debug'],
      ['while it is debug', undefined],
      [switched, 'warn'],
      [switched, 'debug'],
      [switched, 'debug'],
      ['debug again', undefined],
    ]);
    expect(lines[0]).toMatchObject({ level: 'info', signal: 'SIGUSR2' });
  });

  it('names a callback, its body, headers and sign that are handed over, and shows none', () => {
    const [line] = linesOf(`logger.info({ body: 'p', sign: 'p', headers: { a: 'p' }, callback: { body: 'p' }, n: 1 }, 'line');`);
    const hidden = '[redacted]';
    expect(line).toMatchObject({ body: hidden, sign: hidden, headers: hidden, callback: hidden, n: 1 });
  });
});
