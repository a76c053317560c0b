import { connect } from 'node:net';
import { SAMPLE_ACCOUNT } from './interface-settings.ts';
import { sign, taskBody } from './provider.ts';

/** Personal data in every default body. MUST NOT show in any log. */
export const PHONE = '8613800138000';

const { uuid } = SAMPLE_ACCOUNT;

export type RequestParts = {
  readonly body?: string | Buffer;
  readonly requestID?: string;
  readonly createTs?: string;
  /** Replace the right ones; undefined: left out. */
  readonly headers?: Readonly<Record<string, string | string[] | undefined>>;
  readonly line?: string;
};

/** Correctly signed, except for `headers`. */
export function rawRequest({
  body = taskBody({ phone: PHONE }),
  requestID = 'r',
  createTs = '1700000000',
  headers = {},
  line = 'POST /callbot HTTP/1.1',
}: RequestParts = {}): Buffer {
  const bytes = Buffer.from(body);
  const all = {
    host: 'ringback',
    connection: 'close',
    'content-length': String(bytes.length),
    requestID,
    uuid,
    createTs,
    sign: sign({ body: bytes, createTs, requestID, uuid }),
    ...headers,
  };
  const fields = Object.entries(all).flatMap(([name, value]) => [value ?? []].flat().map((one) => `${name}: ${one}\r\n`));
  return Buffer.concat([Buffer.from(`${line}\r\n${fields.join('')}\r\n`), bytes]);
}

const httpChunk = (bytes: Buffer) => [Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')];

/** With its body in two chunks. */
export function rawChunkedRequest(parts: RequestParts): Buffer {
  const headers = { ...parts.headers, 'content-length': undefined, 'transfer-encoding': 'chunked' };
  const whole = rawRequest({ ...parts, headers });
  const start = whole.indexOf('\r\n\r\n') + 4;
  const half = Math.floor((start + whole.length) / 2);
  return Buffer.concat([
    whole.subarray(0, start),
    ...[whole.subarray(start, half), whole.subarray(half), Buffer.alloc(0)].flatMap(httpChunk),
  ]);
}

/** Reads until the server closes. */
export function exchange(url: string, bytes: Buffer): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), timeout: 10_000 });
    let answer = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk) => (answer += String(chunk)));
    socket.on('close', () => resolve(answer));
    socket.on('timeout', () => reject(new Error(`no end of the answer: ${answer}`)));
    // The server may close before it has read all.
    socket.on('error', () => {});
    socket.write(bytes);
  });
}

export function parseAnswer(answer: string): { status: number; body: unknown } {
  const [, status = '', json = ''] = /^HTTP\/1\.[01] (\d{3}) [\s\S]*?\r\n\r\n([\s\S]*)$/.exec(answer) ?? [];
  return { status: Number(status), body: JSON.parse(json) };
}
