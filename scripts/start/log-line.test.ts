import { describe, expect, it } from 'vitest';
import { readLogLine, showLogLine } from './log-line.ts';

const show = (entry: object) => {
  const line = readLogLine(JSON.stringify(entry));
  return line && showLogLine(line, 'worker');
};

describe('a log line', () => {
  it('is shown short, with its own fields', () => {
    const entry = { level: 'info', time: '2026-01-02T03:04:05.678Z', app: 'worker', msg: 'delivered', output: 'crm', attempt: 2 };
    expect(show(entry)).toBe('03:04:05 worker   info  delivered  output=crm  attempt=2');
  });

  it('shows the error that it carries, with all its lines', () => {
    const entry = {
      level: 'error',
      time: '2026-01-02T03:04:05Z',
      msg: 'no',
      err: { code: 'RB_CONFIG_INVALID', message: 'a.yaml:1:2\nb' },
    };
    expect(show(entry)).toBe('03:04:05 worker   error no\n  RB_CONFIG_INVALID: a.yaml:1:2\n  b');
  });

  it.each(['{"type":"callbot.order"}', '{"level":', 'Error: boom', '[]', '{}', ''])('is not: %s', (line) => {
    expect(readLogLine(line)).toBeUndefined();
  });
});
