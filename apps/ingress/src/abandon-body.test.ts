import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import Fastify from 'fastify';
import { expect, it, onTestFinished, vi } from 'vitest';
import { abandonBody } from './abandon-body.ts';

it('gives an answer before the body is there, and has no handler called when it has come', async () => {
  const app = Fastify();
  const handler = vi.fn(async () => 'from the handler');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  const [begun, ended] = [Promise.withResolvers<() => void>(), Promise.withResolvers<void>()];
  app.addHook('onRequest', (request, reply, done) => {
    begun.resolve(() => {
      abandonBody(request.raw);
      request.raw.once('end', ended.resolve);
      void reply.code(503).send('from elsewhere');
    });
    done();
  });
  app.post('/', handler);
  await app.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => app.close());
  const { port } = app.server.address() as AddressInfo; // it listens on TCP
  const client = connect(port, '127.0.0.1');
  onTestFinished(() => void client.destroy());
  client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Type: b/c\r\nContent-Length: 8\r\n\r\nhalf');
  const abandon = await begun.promise;
  // So that Fastify has begun to read.
  await new Promise((resolve) => setImmediate(resolve));
  abandon();
  await once(client, 'readable');
  client.end('half');
  await ended.promise;
  expect(await text(client)).toMatch(/^HTTP\/1\.1 503 [\s\S]*from elsewhere$/);
  expect(handler).not.toHaveBeenCalled();
});
