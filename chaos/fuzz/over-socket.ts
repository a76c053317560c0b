import { connect } from 'node:net';
import { postCallback } from '@ringback/testkit/bare';
import type { Random } from '../random.ts';
import { withBytesChanged } from './body.ts';
import type { Trial } from './in-process.ts';
import { anyRequest, type FuzzRequest } from './request.ts';
import { problemOf } from './verdict.ts';

const ANSWERS_WITHIN_MS = 10_000;
const GOOD_ONE_EVERY = 100;

/**
 * Valid HTTP (whole, split, pipelined, chunked), cut or broken. Sometimes a good callback, which MUST be
 * acked.
 */
export function socketTrial(ingress: string): Trial {
  let tried = 0;
  return async (random) => {
    tried += 1;
    if (tried % GOOD_ONE_EVERY === 0) {
      const { status } = await postCallback({ ingress, requestID: `good-${tried}` });
      if (status !== 200) return `a good callback got ${status}`;
    }
    const { bytes, whole } = anyBytes(random);
    const answers = readAnswers(await exchange(ingress, { pieces: pieces(random, bytes), end: !whole || random.chance(0.5) }));
    if (whole && answers.length === 0) return `no answer to ${JSON.stringify(bytes.toString('latin1').slice(0, 500))}`;
    return answers.map(({ status, json }) => problemOf(status, json)).find((problem) => problem !== undefined);
  };
}

/** `whole` requests MUST be answered; the last closes the connection. */
function anyBytes(random: Random): { bytes: Buffer; whole: boolean } {
  const before = Array.from({ length: random.pick([0, 0, 0, 2]) }, () => wire(anyRequest(random), random.chance(0.2)));
  const last = anyRequest(random);
  const closing: FuzzRequest = { ...last, headers: [...last.headers, ['connection', 'close']] };
  const bytes = Buffer.concat([...before, wire(closing, random.chance(0.2))]);
  if (random.chance(0.5)) return { bytes, whole: true };
  return {
    bytes: random.chance(0.5) ? withBytesChanged(random, bytes) : bytes.subarray(0, random.int(0, bytes.length)),
    whole: false,
  };
}

const httpChunk = (bytes: Buffer) => Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);

function wire({ method, path, headers, body }: FuzzRequest, chunked: boolean): Buffer {
  const line = `${method} ${path} HTTP/1.1`;
  const framing = chunked ? 'transfer-encoding: chunked' : `content-length: ${body.length}`;
  const fields = headers.map(([name, value]) => `${name}: ${value.replaceAll(/[\r\n]/g, '')}`);
  const head = Buffer.from(`${[line, 'host: x', framing, ...fields].join('\r\n')}\r\n\r\n`, 'latin1');
  if (!chunked) return Buffer.concat([head, body]);
  const half = Math.floor(body.length / 2);
  const parts = [body.subarray(0, half), body.subarray(half)].filter((part) => part.length > 0);
  return Buffer.concat([head, ...parts.map(httpChunk), httpChunk(Buffer.alloc(0))]);
}

function pieces(random: Random, bytes: Buffer): readonly [Buffer, Buffer] {
  const at = random.chance(0.3) ? random.int(0, bytes.length) : bytes.length;
  return [bytes.subarray(0, at), bytes.subarray(at)];
}

type Exchange = { readonly pieces: readonly [Buffer, Buffer]; readonly end: boolean };

/** Reads until the server closes. `end`: we close our side. */
function exchange(url: string, { pieces: [first, second], end }: Exchange): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true, timeout: ANSWERS_WITHIN_MS });
    let answer = '';
    socket.setEncoding('utf8').setNoDelay();
    socket.on('data', (chunk) => (answer += String(chunk)));
    socket.on('end', () => socket.destroy());
    socket.on('close', () => resolve(answer));
    socket.on('timeout', () => {
      reject(new Error(`the connection stayed open for ${ANSWERS_WITHIN_MS} ms`));
      socket.destroy();
    });
    // The server may close before it has read all.
    socket.on('error', () => {});
    socket.write(first, () => (end ? socket.end(second) : socket.write(second)));
  });
}

function readAnswers(text: string): { status: number; json: string }[] {
  return (
    text
      .split(/(?=HTTP\/1\.1 \d{3} )/)
      .filter((answer) => answer !== '')
      .map((answer) => ({
        status: Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]),
        json: answer.slice(answer.indexOf('\r\n\r\n') + 4),
      }))
      // 100 Continue is not the answer.
      .filter(({ status }) => status >= 200)
  );
}
