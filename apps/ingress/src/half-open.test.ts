import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, it, onTestFinished } from 'vitest';
import { answerHalfClosed } from './half-open.ts';

/**
 * What a client gets that ends its side right after two requests; the server answers only when it knows of
 * that.
 */
async function askAndEnd({ halfOpen }: { halfOpen: boolean }): Promise<string> {
  const server = createServer((request, response) => {
    const answer = () => void response.end(`answer to ${request.url}`);
    if (request.socket.readableEnded) answer();
    else request.socket.once('end', () => setImmediate(answer));
  });
  if (halfOpen) answerHalfClosed(server);
  server.listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on TCP
  const client = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  onTestFinished(() => void client.destroy());
  const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
  client.end(get('/one') + get('/two'));
  // Ends when the server has closed the connection.
  return text(client);
}

it('answers what a client asked before it ended its side, and then closes the connection', async () => {
  const all = await askAndEnd({ halfOpen: true });
  expect(all).toContain('answer to /one');
  expect(all).toContain('answer to /two');
});

it('is still needed: Node alone closes the connection without an answer', async () => {
  expect(await askAndEnd({ halfOpen: false })).toBe('');
});
