import { randomUUID } from 'node:crypto';
import type { Callback, Source } from '@ringback/contracts';
import Fastify from 'fastify';

const ANSWER = {
  type: 'object',
  properties: { retCode: { type: 'integer' }, retMsg: { type: 'string' }, responseID: { type: 'string' } },
} as const;

/** Verifies, validates, lets `take` keep the callback, acks. No limits, no log. */
export function buildVerifyingApp(source: Source, take: (callback: Callback) => Promise<unknown> | undefined) {
  const app = Fastify();
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  for (const path of source.paths) {
    app.post<{ Body: Buffer }>(path, { schema: { response: { 200: ANSWER } } }, async (request) => {
      const { body, raw } = request;
      const verified = source.precheck({
        method: 'POST',
        query: '',
        headers: raw.headersDistinct,
        path,
        receivedAt: Date.now(),
      })(body);
      await take(source.read(verified));
      return { retCode: 0, retMsg: 'success', responseID: randomUUID() };
    });
  }
  return app;
}
