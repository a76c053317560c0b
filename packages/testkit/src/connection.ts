import { createHash } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { onTestFinished, vi } from 'vitest';
import { SAMPLE_ACCOUNT } from './interface-settings.ts';
import { taskBody } from './provider.ts';

const { uuid, secret } = SAMPLE_ACCOUNT;

export function signedRequest({ requestID, sign }: { requestID: string; sign?: string }): { head: string; body: string } {
  const body = taskBody({ taskStatus: 1 });
  const raw = `${secret}&body=${body}&createTs=1700000000&requestID=${requestID}&uuid=${uuid}`;
  const signature = sign ?? createHash('md5').update(raw).digest('hex').toUpperCase();
  const fields = {
    host: 'ringback',
    'content-length': Buffer.byteLength(body),
    requestID,
    uuid,
    createTs: 1700000000,
    sign: signature,
  };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return { head: `POST /callbot HTTP/1.1\r\n${lines.join('')}\r\n`, body };
}

export type Connection = {
  readonly socket: Socket;
  readonly closed: () => boolean;
  /** Status and retCode (or code) of each answer, in order. */
  readonly answers: () => [status: number, code: number | string][];
  readonly answered: (count: number) => Promise<void>;
};

export function openConnection(url: string): Connection {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  onTestFinished(() => void socket.destroy());
  let text = '';
  let closed = false;
  socket.setEncoding('utf8');
  socket.on('data', (chunk) => (text += String(chunk)));
  socket.on('close', () => (closed = true));
  // The server may close while we write.
  socket.on('error', () => {});
  const answers = () =>
    [...text.matchAll(/HTTP\/1\.1 (\d{3}) [\s\S]*?"(?:retCode":(\d+)|code":"(\w+))/g)].map(
      ([, status, retCode, code = '']): [number, number | string] => [
        Number(status),
        retCode === undefined ? code : Number(retCode),
      ],
    );
  const answered = (count: number) =>
    vi.waitFor(
      () => {
        if (answers().length < count) throw new Error(`${answers().length} of ${count} answers: ${text}`);
      },
      { timeout: 15_000, interval: 10 },
    );
  return { socket, closed: () => closed, answers, answered };
}
