import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { RingbackError } from '@ringback/contracts';
import type { HistoryStore } from '@ringback/history';
import { exportRows, importRows } from '@ringback/operations';
import type { Terminal } from '../terminal/terminal.ts';

type Export = {
  readonly file: string | undefined;
  readonly gzip: boolean;
  readonly since?: number | undefined;
  readonly terminal: Terminal;
};

/** Never overwrites. It holds personal data: only its owner can read it. @throws RingbackError for the file */
export async function exportTo(history: HistoryStore, { file, gzip, since, terminal }: Export): Promise<void> {
  let rows = 0;
  async function* lines() {
    for await (const line of exportRows(history, since)) {
      rows += 1;
      yield `${line}\n`;
    }
  }
  const target = file === undefined ? new PassThrough() : createWriteStream(file, { flags: 'wx', mode: 0o600 });
  if (file === undefined) target.pipe(process.stdout, { end: false });
  try {
    await pipeline(Readable.from(lines()), gzip ? createGzip() : new PassThrough(), target);
  } catch (error) {
    throw ofFile(error, file);
  }
  terminal.err(`${rows} rows`);
}

const GZIP = Buffer.of(0x1f, 0x8b);

/** @throws RingbackError RB_PAYLOAD_INVALID, or for the file */
export async function importFrom(history: HistoryStore, { file, terminal }: { file: string; terminal: Terminal }): Promise<void> {
  try {
    const packed = await isGzip(file);
    const text = packed ? createReadStream(file).pipe(createGunzip()) : createReadStream(file);
    const written = await importRows(history, linesIn(text.setEncoding('utf8')));
    terminal.out(`${written} rows read`);
  } catch (error) {
    throw ofFile(error, file);
  }
}

/** By line feeds alone: `node:readline` also splits at U+2028, which may stand in a body. */
async function* linesIn(text: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of text) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  yield rest;
}

async function isGzip(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(2), length: 2, position: 0 });
    return bytesRead === 2 && buffer.equals(GZIP);
  } finally {
    await handle.close();
  }
}

function ofFile(error: unknown, file: string | undefined): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (file === undefined || error instanceof RingbackError || !/^(E[A-Z]+|Z_[A-Z_]+)$/.test(code)) return error;
  return new RingbackError('RB_HISTORY_UNAVAILABLE', `${file}: ${code === 'EEXIST' ? 'it is there already' : code}`, {
    cause: error,
  });
}
