import { RingbackError } from '@ringback/contracts';
import { createSink, describeOutputConformance, sampleDelivery, secretsShown, sourceTypeOf } from '@ringback/testkit';
import { Webhook } from 'standardwebhooks';
import { Value } from 'typebox/value';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createHttpClient } from '../http.ts';
import { WebhookSettings } from './config.ts';
import { webhook } from './webhook.ts';

const SIGNING_SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const HEADER_SECRET = 'Bearer s3cret-header';

describeOutputConformance({
  type: webhook,
  settings: (url) => ({ url, signingSecret: SIGNING_SECRET, headers: { authorization: HEADER_SECRET } }),
  secrets: [SIGNING_SECRET, HEADER_SECRET],
  sends: { createHttpClient, idempotencyHeader: 'webhook-id' },
});

const { signal } = new AbortController();

function create(settings: Record<string, unknown>, now: () => number = Date.now) {
  const http = createHttpClient();
  onTestFinished(() => http.close());
  const deps = { http, writeLine: () => Promise.resolve(), now, sourceTypeOf };
  return webhook.create({ name: 'crm', settings: Value.Decode(WebhookSettings, settings), deps });
}

async function startSink() {
  const sink = await createSink();
  onTestFinished(() => sink.close());
  return sink;
}

describe('webhook', () => {
  it.each([SIGNING_SECRET, SIGNING_SECRET.slice('whsec_'.length)])(
    'signs so that the Standard Webhooks library verifies it',
    async (secret) => {
      const sink = await startSink();
      const body = '{ "n": 12345678901234567890, "r": 1.10, "e": "\\u0026 é", "z": [] }\n';
      await create({ url: sink.url, signingSecret: secret }).deliver(sampleDelivery({ body }), signal);
      const [request] = sink.requests;
      const sent = request?.body.toString() ?? '';
      const headers = Object.fromEntries(Object.entries(request?.headers ?? {}).map(([name, value]) => [name, String(value)]));
      expect(new Webhook(SIGNING_SECRET).verify(sent, headers)).toMatchObject({ type: 'callbot.call' });
      expect(() => new Webhook(SIGNING_SECRET).verify(`${sent} `, headers)).toThrow('No matching signature');
      expect(sent.endsWith(`,"data":${body}}`)).toBe(true);
      expect(request?.headers['content-type']).toBe('application/json');
    },
  );

  it('sends the trace of its attempt, and signs as without it', async () => {
    const sink = await startSink();
    const output = create({ url: sink.url, signingSecret: SIGNING_SECRET }, () => 1_700_000_000_000);
    const trace = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', tracestate: 'a=1' };
    await output.deliver({ ...sampleDelivery(), trace }, signal);
    await output.deliver(sampleDelivery(), signal);
    const [traced, plain] = sink.requests.map(({ headers }) => headers);
    expect(traced).toMatchObject(trace);
    expect(plain).not.toHaveProperty('traceparent');
    expect(traced?.['webhook-signature']).toBe(plain?.['webhook-signature']);
  });

  it('stamps each attempt with its own time in seconds, and keeps the event’s own', async () => {
    const sink = await startSink();
    let now = 1_700_000_000_999;
    const output = create({ url: sink.url, signingSecret: SIGNING_SECRET }, () => now);
    await output.deliver(sampleDelivery(), signal);
    now += 60_000;
    await output.deliver(sampleDelivery({}, 2), signal);
    expect(sink.requests.map(({ headers }) => headers['webhook-timestamp'])).toEqual(['1700000000', '1700000060']);
    expect(sink.requests[0]?.headers['webhook-signature']).not.toBe(sink.requests[1]?.headers['webhook-signature']);
    expect(JSON.parse(sink.requests[1]?.body.toString() ?? '')).toMatchObject({ timestamp: '2026-03-01T11:59:55.000Z' });
  });

  it('sends the configured headers, and no signature without a secret', async () => {
    const sink = await startSink();
    await create({ url: sink.url, headers: { 'X-Api-Key': 'k', 'User-Agent': 'crm-feed' } }).deliver(sampleDelivery(), signal);
    expect(sink.requests[0]?.headers).toMatchObject({ 'x-api-key': 'k', 'user-agent': 'crm-feed' });
    expect(sink.requests[0]?.headers).not.toHaveProperty('webhook-signature');
  });
});

describe('webhook settings', () => {
  const url = 'https://example.com/hook';

  it.each([
    { url: 'ftp://example.com' },
    { url: 'example.com' },
    { url: 'https://example.com/a b' },
    { url, signingSecret: 'whsec_not-base64!' },
    { url, signingSecret: 'whsec_' },
    { url, signingSecret: 'abc' },
    { url, headers: { 'x-one': 'a\r\nx-two: b' } },
    { url, headers: { 'x-one': '' } },
  ])('are refused by their schema: %j', (settings) => {
    expect(Value.Check(WebhookSettings, settings)).toBe(false);
  });

  it.each([
    [{ url: 'https://s3cret:99999/' }, 'output crm: url is not a URL'],
    [{ url: 'https://s3cret@example.com/' }, 'output crm: url holds a user name or password: only headers can carry those'],
    [{ url, headers: { 'Webhook-ID': 's3cret' } }, 'output crm: headers.webhook-id is set by Ringback itself'],
    [{ url, headers: { 'content-type': 's3cret' } }, 'output crm: headers.content-type is set by Ringback itself'],
    [{ url, headers: { 'x one': 's3cret' } }, 'output crm: headers.x one is not a header name'],
  ])('are refused with an error that names the key and not the value: %j', (settings, message) => {
    const error = thrownBy(() => create(settings));
    expect(error).toBeInstanceOf(RingbackError);
    expect(error).toMatchObject({ code: 'RB_CONFIG_INVALID', message });
    expect(secretsShown(error, ['s3cret'])).toEqual([]);
  });
});

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
