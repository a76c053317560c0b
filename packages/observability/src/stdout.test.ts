import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, createReadStream, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it, onTestFinished } from 'vitest';

const MODULE = new URL('./index.ts', import.meta.url).href;

/** Logs 10 MB, tells its parent after each megabyte, and ends on SIGTERM with a last line. */
const PROGRAM = `
import { createLogger, openStdout, stopSignal } from ${JSON.stringify(MODULE)};
const stdout = openStdout();
const logger = createLogger({ app: 'worker', level: 'info', stdout });
void stopSignal(() => {}).then(() => { logger.info({}, 'stopped'); process.exit(7); });
let megabytes = 0;
const timer = setInterval(() => {
  if (megabytes === 10) return;
  for (let n = 0; n < 1000; n += 1) logger.info({ n, text: 'x'.repeat(900) }, 'line');
  megabytes += 1;
  process.send({ megabytes });
}, 1);
process.on('message', () => void stdout.writeLine('an output').then(() => process.send('written'), (error) => process.send(error.code ?? error.message)));
`;

function start(stdout: number | 'pipe'): ChildProcess {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', PROGRAM], {
    stdio: ['ignore', stdout, 'inherit', 'ipc'],
  });
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  return child;
}

/** Resolves once the program has logged all, which it can only while nothing holds it up. */
function loggedAll(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.on('message', (message: { megabytes?: number }) => {
      if (message.megabytes === 10) resolve();
    });
  });
}

async function ends(child: ChildProcess): Promise<unknown> {
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  return (await exit)[0];
}

/**
 * A pipe of the file system: whoever opens it for reading and reads nothing is one who nobody can write to
 * for long.
 */
function createFifo(): { reader: number; writer: number } {
  const folder = mkdtempSync(join(tmpdir(), 'ringback-fifo-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'fifo');
  spawnSync('mkfifo', [path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return { reader, writer: openSync(path, constants.O_WRONLY) };
}

async function linesOf(stream: NodeJS.ReadableStream): Promise<Record<string, unknown>[]> {
  const lines: Record<string, unknown>[] = [];
  for await (const line of createInterface({ input: stream }))
    if (line.startsWith('{')) lines.push(JSON.parse(line) as Record<string, unknown>);
  return lines;
}

it.each(['a pipe', 'a socket'])(
  'a process whose log is %s that nobody reads goes on, and ends when it is told to',
  async (kind) => {
    const fifo = kind === 'a pipe' ? createFifo() : undefined;
    const child = start(fifo?.writer ?? 'pipe');
    if (fifo) closeSync(fifo.writer);
    await loggedAll(child);
    expect(await ends(child)).toBe(7);
    // What it could write before it stands there whole.
    const stream = fifo ? createReadStream('', { fd: fifo.reader }) : child.stdout;
    if (stream === null) throw new Error('it has no stdout');
    const text = (await stream.setEncoding('utf8').toArray()).join('');
    expect(
      text
        .split('\n')
        .slice(0, -1)
        .every((line) => line.endsWith('"msg":"line"}')),
    ).toBe(true);
  },
);

it('a process logs how many lines it dropped once its log is read again, and keeps its last line', async () => {
  const child = start('pipe');
  await loggedAll(child);
  if (child.stdout === null) throw new Error('it has no stdout');
  const reading = linesOf(child.stdout);
  const written = once(child, 'message');
  child.send('an output');
  // The output's line waits behind the log that waits.
  expect(await written).toEqual(['written', undefined]);
  await ends(child);
  const lines = await reading;
  const count = (message: string) => lines.filter(({ msg }) => msg === message);
  const [dropped] = count('log lines were dropped');
  expect(dropped).toMatchObject({ level: 'error', code: 'RB_LOG_DROPPED' });
  expect(count('line').length + Number(dropped?.['lines'])).toBe(10_000);
  expect(lines.at(-1)).toMatchObject({ msg: 'stopped' });
});

it.each([
  ['a full disk', 'ENOSPC', () => ({ child: start(openSync('/dev/full', 'w')) })],
  [
    'closed',
    'EPIPE',
    () => {
      const child = start('pipe');
      child.stdout?.destroy();
      return { child };
    },
  ],
])('a process whose log is %s goes on, its outputs hear of it, and it ends when it is told to', async (_what, code, begin) => {
  const { child } = begin();
  await loggedAll(child);
  const answer = once(child, 'message');
  child.send('an output');
  expect(await answer).toEqual([code, undefined]);
  expect(await ends(child)).toBe(7);
});
