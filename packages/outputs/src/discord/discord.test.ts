import { createSecret } from '@ringback/contracts';
import { createSink, describeOutputConformance, sampleDelivery, sourceTypeOf } from '@ringback/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createHttpClient } from '../http.ts';
import { discord } from './discord.ts';

describeOutputConformance({ type: discord, settings: (url) => ({ url }), secrets: [], sends: { createHttpClient } });

async function setUp() {
  const [sink, http] = [await createSink(), createHttpClient()];
  onTestFinished(async () => {
    await http.close();
    await sink.close();
  });
  const deps = { http, writeLine: () => Promise.resolve(), now: Date.now, sourceTypeOf };
  const output = discord.create({ name: 'ops', settings: { url: createSecret(`${sink.url}/api/webhooks/1/t`) }, deps });
  return { sink, attempt: () => output.deliver(sampleDelivery(), new AbortController().signal) };
}

describe('discord', () => {
  it.each([204, 200])('posts an embed that mentions nobody as JSON, and takes %i for delivered', async (status) => {
    const { sink, attempt } = await setUp();
    sink.answer(status);
    expect(await attempt()).toEqual({ outcome: 'delivered', detail: `HTTP ${status}`, status });
    const [request] = sink.requests;
    expect(request).toMatchObject({ method: 'POST', path: '/api/webhooks/1/t' });
    expect(request?.headers['content-type']).toMatch(/^application\/json/);
    expect(JSON.parse(request?.body.toString() ?? '')).toEqual({
      embeds: [expect.objectContaining({ title: '📞 Call ended', footer: expect.any(Object) })],
      allowed_mentions: { parse: [] },
    });
    expect(request?.body.toString()).not.toMatch(/8613812345678|Zhang Wei/);
  });

  it.each([
    ['{"message":"You are being rate limited.","retry_after":64.57,"global":false}', '65', 64_570],
    ['{"retry_after":0.3001}', '1', 301],
    ['{"retry_after":0}', '1', 0],
    ['{"retry_after":-1}', '1', 0],
    ['{"retry_after":1e999}', '1', 86_400_000],
    ['{"retry_after":"7"}', '3', 3000],
    ['{"retry_after":null}', '3', 3000],
    ['{}', '3', 3000],
    ['[]', '3', 3000],
    ['null', '3', 3000],
    ['<html>error 1015</html>', '3', 3000],
  ])('waits after 429 as its body says, or else its header: %s', async (body, header, afterMs) => {
    const { sink, attempt } = await setUp();
    sink.answer({ status: 429, headers: { 'retry-after': header }, body });
    expect(await attempt()).toMatchObject({ outcome: 'retry', failure: 'unavailable', reason: 'HTTP 429', afterMs });
  });

  it('reads no wait from the body of another status', async () => {
    const { sink, attempt } = await setUp();
    sink.answer({ status: 503, body: '{"retry_after":5}' });
    expect(await attempt()).not.toHaveProperty('afterMs');
  });

  it.each([
    [400, '{"code":50035,"message":"Invalid Form Body"}', 'HTTP 400: code 50035'],
    [404, '{"message":"Unknown Webhook","code":10015}', 'HTTP 404: code 10015'],
    [404, '{"message":"404: Not Found","code":0}', 'HTTP 404'],
    [400, '{"code":8613812345678}', 'HTTP 400'],
    [400, '{"code":"50035"}', 'HTTP 400'],
    [401, 'no', 'HTTP 401'],
  ])('gives up on %i %s and says no more than Discord’s code', async (status, body, reason) => {
    const { sink, attempt } = await setUp();
    sink.answer({ status, body });
    expect(await attempt()).toMatchObject({ outcome: 'dead', reason });
  });
});
