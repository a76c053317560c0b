import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { createStdoutWriter } from './stdout-writer.ts';

type Options = { readonly room?: number; readonly fault?: string; readonly maxWaiting?: number; readonly isGone?: () => boolean };

/** A file with room for so many bytes, then a fault; what was written stands in `text`. */
function setUp({ room = Infinity, fault = 'EAGAIN', maxWaiting = 1000, isGone = () => false }: Options = {}) {
  const file = { text: '', writes: 0, room, fault };
  const write = (buffers: readonly Buffer[]) => {
    file.writes += 1;
    const bytes = Buffer.concat(buffers).subarray(0, file.room);
    if (bytes.length === 0) throw Object.assign(new Error(file.fault), { code: file.fault });
    file.text += bytes.toString();
    file.room -= bytes.length;
    return bytes.length;
  };
  const writer = createStdoutWriter({ write, maxWaiting, isGone });
  writer.onDropped((lines) => writer.log(`dropped ${lines}\n`));
  const becomes = (text: string) => vi.waitFor(() => expect(file.text).toBe(text), { timeout: 30_000, interval: 5 });
  return { file, writer, becomes };
}

const settled = (promise: Promise<void>) => promise.then(() => 'written').catch((error: Error) => error.message);

describe('the log', () => {
  it('writes the lines of one turn at once', async () => {
    const { file, writer } = setUp();
    for (const line of ['a', 'b', 'c']) writer.log(`${line}\n`);
    expect(file.writes).toBe(0);
    await nextTurn();
    expect(file).toMatchObject({ text: 'a\nb\nc\n', writes: 1 });
  });

  it('goes on where it was, once there is room, and loses nothing that it could keep', async () => {
    const { file, writer, becomes } = setUp({ room: 5 });
    writer.log('first\n');
    await nextTurn();
    writer.log('second\n');
    await nextTurn();
    expect(file.text).toBe('first');
    file.room = Infinity;
    await becomes('first\nsecond\n');
  });

  it.each(['EAGAIN', 'ENOSPC', 'EPIPE'] as const)(
    'drops and counts what it cannot keep (%s), and tells when there is room',
    async (fault) => {
      const { file, writer, becomes } = setUp({ room: 3, fault, maxWaiting: 20 });
      writer.log('a line\n');
      await nextTurn();
      writer.log('kept line\n');
      await nextTurn();
      for (let n = 0; n < 1000; n += 1) writer.log('one line too many\n');
      await nextTurn();
      expect(file.text).toBe('a l');
      expect(writer.dropped()).toBe(1000);
      file.room = Infinity;
      await becomes('a line\nkept line\ndropped 1000\n');
      writer.log('later\n');
      await becomes('a line\nkept line\ndropped 1000\nlater\n');
    },
  );

  it('drops and counts every line once nobody can read any more, and an output still learns of it', async () => {
    const { file, writer } = setUp({ room: 0, fault: 'EPIPE', isGone: () => true });
    for (const line of ['a', 'b']) writer.log(`${line}\n`);
    await vi.waitFor(() => expect(writer.dropped()).toBe(2), { timeout: 30_000, interval: 5 });
    writer.log('c\n');
    expect(writer.dropped()).toBe(3);
    expect(await settled(writer.writeLine('x'))).toBe('EPIPE');
    const { writes } = file;
    writer.log('d\n');
    writer.flush(50);
    expect(file).toMatchObject({ text: '', writes });
    expect(writer.dropped()).toBe(4);
  });

  it('tries seldom while there is no room, however much is logged', async () => {
    const { file, writer } = setUp({ room: 0 });
    for (let turn = 0; turn < 1000; turn += 1) {
      writer.log('line\n');
      await nextTurn();
    }
    expect(file.writes).toBeLessThan(200);
  });

  it('flushes when the process ends, and gives up in time', () => {
    const { file, writer } = setUp();
    writer.log('last words\n');
    writer.flush(1000);
    expect(file.text).toBe('last words\n');
    const blocked = setUp({ room: 0 });
    blocked.writer.log('last words\n');
    blocked.writer.flush(50);
    expect(blocked.file.text).toBe('');
    expect(blocked.file.writes).toBeGreaterThan(1);
    const broken = setUp({ room: 0, fault: 'EPIPE' });
    broken.writer.log('last words\n');
    broken.writer.flush(60_000);
    expect(broken.file.writes).toBe(1);
  });
});

describe('writeLine', () => {
  it('resolves once the line is written, after what was logged before it', async () => {
    const { file, writer } = setUp();
    writer.log('before\n');
    const written = writer.writeLine('line');
    writer.log('after\n');
    await written;
    expect(file.text).toBe('before\nline\nafter\n');
  });

  it.each(['ENOSPC', 'EPIPE'] as const)('fails on %s, and tears no line where half of one was written', async (fault) => {
    const { file, writer, becomes } = setUp({ room: 6, fault });
    expect(await settled(writer.writeLine('half a line'))).toBe(fault);
    expect(await settled(writer.writeLine('another'))).toBe(fault);
    expect(file.text).toBe('half a');
    file.room = Infinity;
    await becomes('half a line\n');
    expect(await settled(writer.writeLine('again'))).toBe('written');
    expect(file.text).toBe('half a line\nagain\n');
  });

  it('ends on its signal while nobody reads; a line that was not begun is not written later', async () => {
    const { file, writer, becomes } = setUp({ room: 2 });
    const controllers = [new AbortController(), new AbortController()] as const;
    const [begun, waiting] = ['begun', 'waiting'].map((line, index) =>
      settled(writer.writeLine(line, controllers[index]?.signal)),
    );
    await nextTurn();
    for (const controller of controllers) controller.abort(new Error('timeout'));
    expect(await Promise.all([begun, waiting])).toEqual(['timeout', 'timeout']);
    file.room = Infinity;
    await becomes('begun\n');
    await expect(writer.writeLine('never', AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
  });

  it('accepts no more than its limit, and leaves the log its own room', async () => {
    const { file, writer, becomes } = setUp({ room: 0, maxWaiting: 20 });
    const first = settled(writer.writeLine('fifteen letters'));
    expect(await settled(writer.writeLine('fifteen letters'))).toContain('too much waits');
    writer.log('also fifteen..\n');
    file.room = Infinity;
    await becomes('fifteen letters\nalso fifteen..\n');
    expect(await first).toBe('written');
  });

  it('takes a line of any length when nothing else waits', async () => {
    const { writer, becomes } = setUp({ maxWaiting: 20 });
    expect(await settled(writer.writeLine('x'.repeat(100)))).toBe('written');
    await becomes(`${'x'.repeat(100)}\n`);
  });
});
