import { createSecret } from '@ringback/contracts';
import { createSink, describeOutputConformance, sampleDelivery, sourceTypeOf } from '@ringback/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createHttpClient } from '../http.ts';
import { slack } from './slack.ts';

describeOutputConformance({ type: slack, settings: (url) => ({ url }), secrets: [], sends: { createHttpClient } });

async function setUp() {
  const [sink, http] = [await createSink(), createHttpClient()];
  onTestFinished(async () => {
    await http.close();
    await sink.close();
  });
  const deps = { http, writeLine: () => Promise.resolve(), now: Date.now, sourceTypeOf };
  const output = slack.create({ name: 'ops', settings: { url: createSecret(sink.url) }, deps });
  return { sink, attempt: () => output.deliver(sampleDelivery(), new AbortController().signal) };
}

describe('slack', () => {
  it('posts a Block Kit message as JSON', async () => {
    const { sink, attempt } = await setUp();
    sink.answer({ status: 200, body: 'ok' });
    expect(await attempt()).toEqual({ outcome: 'delivered', detail: 'HTTP 200', status: 200 });
    expect(sink.requests[0]?.headers['content-type']).toMatch(/^application\/json/);
    expect(JSON.parse(sink.requests[0]?.body.toString() ?? '')).toMatchObject({
      text: expect.stringContaining('Call ended'),
      blocks: expect.any(Array),
    });
  });

  it.each([
    [400, 'invalid_payload'],
    [403, 'action_prohibited'],
    [404, 'no_service'],
    [410, 'channel_is_archived'],
  ])('gives up on %i and repeats Slack’s word for it', async (status, word) => {
    const { sink, attempt } = await setUp();
    sink.answer({ status, body: `${word}\n` });
    expect(await attempt()).toMatchObject({ outcome: 'dead', reason: `HTTP ${status}: ${word}` });
  });

  it.each(['<html>no</html>', 'two words', '8613812345678', 'x'.repeat(65), ''])(
    'repeats nothing but a word: %j',
    async (body) => {
      const { sink, attempt } = await setUp();
      sink.answer({ status: 400, body });
      expect(await attempt()).toMatchObject({ outcome: 'dead', reason: 'HTTP 400' });
    },
  );

  it('waits as long as Slack asks', async () => {
    const { sink, attempt } = await setUp();
    sink.answer({ status: 429, headers: { 'retry-after': '30' }, body: 'rate_limited' });
    expect(await attempt()).toMatchObject({
      outcome: 'retry',
      failure: 'unavailable',
      reason: 'HTTP 429: rate_limited',
      status: 429,
      afterMs: 30_000,
    });
  });
});
