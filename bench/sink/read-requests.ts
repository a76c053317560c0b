import type { Socket } from 'node:net';

export type OnRequest = (text: string) => void;

const LENGTH = /\r\ncontent-length: (\d+)/i;

/** As cheap as possible: one at a time, with Content-Length, all ASCII. */
export function readRequests(socket: Socket, onRequest: OnRequest): void {
  let text = '';
  socket.setEncoding('latin1');
  socket.on('data', (chunk) => {
    text += String(chunk);
    for (;;) {
      const headEnd = text.indexOf('\r\n\r\n');
      if (headEnd < 0) return;
      const end = headEnd + 4 + Number(LENGTH.exec(text)?.[1] ?? 0);
      if (text.length < end) return;
      const request = text.slice(0, end);
      text = text.slice(end);
      onRequest(request);
    }
  });
  // A client that was killed.
  socket.on('error', () => {});
}
