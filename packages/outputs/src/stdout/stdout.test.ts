import { describeOutputConformance, sampleDelivery, sourceTypeOf } from '@ringback/testkit';
import { describe, expect, it, vi } from 'vitest';
import { stdout } from './stdout.ts';

describeOutputConformance({ type: stdout, settings: () => ({}), secrets: [], sends: 'lines' });

function createStdout() {
  const lines: string[] = [];
  const writeLine = vi.fn<(line: string) => Promise<void>>(async (line) => void lines.push(line));
  const http = { post: () => Promise.reject(new Error('no HTTP here')), close: () => Promise.resolve() };
  const deps = { http, writeLine, now: () => 0, sourceTypeOf };
  return { lines, writeLine, output: stdout.create({ name: 'out', settings: {}, deps }) };
}

const { signal } = new AbortController();

describe('stdout', () => {
  it('keeps to one line whatever line breaks the body has, and changes no value', async () => {
    const { lines, output } = createStdout();
    const body = '{\r\n  "n": 12345678901234567890,\n  "text": "a\\nb \\u0026"\r}\n';
    await output.deliver(sampleDelivery({ body }), signal);
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toMatch(/[\r\n]/);
    expect(lines[0]).toContain('"data":{    "n": 12345678901234567890,   "text": "a\\nb \\u0026" } }');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ type: 'callbot.call', data: { text: 'a\nb &' } });
  });

  it('tries again when the line cannot be written', async () => {
    const { writeLine, output } = createStdout();
    writeLine.mockRejectedValueOnce(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    expect(await output.deliver(sampleDelivery(), signal)).toMatchObject({ outcome: 'retry' });
    expect(await output.deliver(sampleDelivery(), signal)).toEqual({ outcome: 'delivered' });
  });

  it('ends with its signal while nobody reads what was written', async () => {
    const { writeLine, output } = createStdout();
    writeLine.mockReturnValueOnce(Promise.withResolvers<void>().promise);
    const controller = new AbortController();
    const result = output.deliver(sampleDelivery(), controller.signal);
    controller.abort(new DOMException('too slow', 'TimeoutError'));
    expect(await result).toEqual({ outcome: 'retry', failure: 'unavailable', reason: 'timeout' });
  });
});
