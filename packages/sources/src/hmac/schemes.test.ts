import { describe, expect, it } from 'vitest';
import { base64, codeOf, create, hex, inbound, take, verify } from './test-hmac.ts';

describe('GitHub', () => {
  const source = create('github', {
    secrets: ["It's a Secret to Everybody"],
    signature: { header: 'x-hub-signature-256', algorithm: 'sha256', encoding: 'hex', prefix: 'sha256=', signs: '{body}' },
    id: { header: 'x-github-delivery' },
    event: { header: 'x-github-event' },
  });
  const headers = { 'X-GitHub-Delivery': '72d3162e', 'X-GitHub-Event': 'push' };

  it('is verified as its own documentation shows it', () => {
    const sign = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';
    const sent = { body: 'Hello, World!', headers: { ...headers, 'X-Hub-Signature-256': sign } };
    expect(verify(source, inbound(sent))).toMatchObject({ id: '72d3162e', account: 'github' });
    expect(codeOf(() => take(source, sent))).toBe('RB_BODY_MALFORMED');
  });

  it('gives the type of its event', () => {
    const body = '{"ref":"refs/heads/main"}';
    const sign = `sha256=${hex("It's a Secret to Everybody", body)}`;
    expect(take(source, { body, headers: { ...headers, 'X-Hub-Signature-256': sign } })).toMatchObject({
      type: 'github.push',
      body,
    });
    const { 'X-GitHub-Event': _, ...unnamed } = headers;
    expect(take(source, { body, headers: { ...unnamed, 'X-Hub-Signature-256': sign } }).type).toBe('github.unknown');
    for (const wrong of [sign.replace('sha256=', 'sha1='), sign.slice(7), `${sign}00`, sign.slice(0, -1), 'sha256=']) {
      expect(codeOf(() => take(source, { body, headers: { ...headers, 'X-Hub-Signature-256': wrong } }))).toBe(
        'RB_SIGN_MISMATCH',
      );
    }
    const facts = { requestID: '72d3162e', algorithm: 'sha256', signLength: 71 };
    const formless = { body, headers: { ...headers, 'X-Hub-Signature-256': sign.replace('sha256=', 'sha-256') } };
    expect(() => take(source, formless)).toThrow(expect.objectContaining({ code: 'RB_SIGN_MISMATCH', facts }));
  });
});

describe('Shopify', () => {
  it('is taken: base64 of the body, a topic with a slash', () => {
    const source = create('shopify', {
      secrets: ['hush'],
      signature: { header: 'x-shopify-hmac-sha256', encoding: 'base64' },
      id: { header: 'x-shopify-webhook-id' },
      event: { header: 'x-shopify-topic' },
    });
    const body = '{"id":820982911946154508,"email":"jon@example.com"}';
    const headers = {
      'X-Shopify-Hmac-Sha256': base64('hush', body),
      'X-Shopify-Webhook-Id': 'b54',
      'X-Shopify-Topic': 'orders/create',
    };
    expect(take(source, { body, headers })).toMatchObject({ id: 'b54', type: 'shopify.orders.create' });
    const loose = { ...headers, 'X-Shopify-Hmac-Sha256': base64('hush', body).replace(/=$/, '') };
    expect(codeOf(() => take(source, { body, headers: loose }))).toBe('RB_SIGN_MISMATCH');
  });
});

describe('Stripe', () => {
  const source = create('stripe', {
    secrets: ['whsec_x', 'whsec_old'],
    signature: { header: 'stripe-signature', field: 'v1', algorithm: 'sha256', encoding: 'hex', signs: '{timestamp}.{body}' },
    timestamp: { header: 'stripe-signature', field: 't', tolerance: '5m' },
    id: { json: 'id' },
    event: { json: 'type' },
  });
  const body = '{"id":"evt_1","type":"invoice.paid"}';
  const at = 1_700_000_000_000;
  const t = '1700000000';
  const header = (text: string) => ({ 'Stripe-Signature': text });

  it('is taken: several signatures and the time in one header', () => {
    const [right, old] = [hex('whsec_x', `${t}.${body}`), hex('whsec_old', `${t}.${body}`)];
    const callback = take(source, { body, at, headers: header(`t=${t},v1=${right},v0=${hex('whsec_x', body)}`) });
    expect(callback).toMatchObject({ id: 'evt_1', type: 'stripe.invoice.paid', time: at });
    expect(take(source, { body, at, headers: header(`t=${t}, v1=${'0'.repeat(64)}, v1=${old}`) }).id).toBe('evt_1');
  });

  it.each([
    ['an old one', `t=1699999000,v1=${hex('whsec_x', `1699999000.${body}`)}`, 'RB_CALLBACK_STALE'],
    ['one whose time was set anew', `t=1700000001,v1=${hex('whsec_x', `${t}.${body}`)}`, 'RB_SIGN_MISMATCH'],
    ['one without a time', `v1=${hex('whsec_x', `${t}.${body}`)}`, 'RB_HEADER_MISSING'],
    ['one with two times', `t=${t},t=1,v1=${hex('whsec_x', `${t}.${body}`)}`, 'RB_HEADER_INVALID'],
    ['one of another version', `t=${t},v0=${hex('whsec_x', `${t}.${body}`)}`, 'RB_SIGN_MISSING'],
  ])('is refused: %s', (_what, text, code) => expect(codeOf(() => take(source, { body, at, headers: header(text) }))).toBe(code));

  it('is kept, not taken, without an id in its body', () => {
    const other = '{"type":"x"}';
    const sent = { body: other, at, headers: header(`t=${t},v1=${hex('whsec_x', `${t}.${other}`)}`) };
    expect(verify(source, inbound(sent)).id).toMatch(/^[\w-]{43}$/);
    expect(codeOf(() => take(source, sent))).toBe('RB_BODY_INCOMPLETE');
  });

  it('gets the right id when it is read again by mended settings, and its digest for an id of too many digits', () => {
    const kept = {
      ...verify(source, inbound({ body, at, headers: header(`t=${t},v1=${hex('whsec_x', `${t}.${body}`)}`) })),
      id: 'digest',
    };
    expect(source.read(kept).id).toBe('evt_1');
    const large = '{"id":12345678901234567890,"type":"x"}';
    expect(take(source, { body: large, at, headers: header(`t=${t},v1=${hex('whsec_x', `${t}.${large}`)}`) }).id).toMatch(
      /^[\w-]{43}$/,
    );
  });

  it('says of a wrong signature what the sender could find out by itself', () => {
    const right = `t=${t},v1=${hex('whsec_x', `${t}.${body}`)}`;
    expect(() => take(source, { body: `${body}\n`, at, headers: header(right) })).toThrow(
      'it fits without the white space at the end',
    );
    const short = `t=${t},v1=${hex('whsec_x', body).slice(0, 40)}`;
    expect(() => take(source, { body, at, headers: header(short) })).toThrow('it has 20 bytes; sha256 gives 32');
  });
});

describe('Slack', () => {
  const source = create('slack-events', {
    secrets: ['8f742231b10e8888abcd99yyyzzz85a5'],
    signature: { header: 'x-slack-signature', prefix: 'v0=', signs: 'v0:{timestamp}:{body}' },
    timestamp: { header: 'x-slack-request-timestamp' },
    id: { json: 'event_id' },
    event: { json: 'event.type' },
    challenge: { json: 'challenge' },
  });
  const at = 1_531_420_618_000;
  const signed = (body: string) => ({
    body,
    at,
    headers: {
      'X-Slack-Request-Timestamp': '1531420618',
      'X-Slack-Signature': `v0=${hex('8f742231b10e8888abcd99yyyzzz85a5', `v0:1531420618:${body}`)}`,
    },
  });

  it('is taken, and its question is answered once it is signed', () => {
    expect(take(source, signed('{"event_id":"Ev1","event":{"type":"app_mention"}}'))).toMatchObject({
      id: 'Ev1',
      type: 'slack-events.app_mention',
    });
    const question = verify(source, inbound(signed('{"type":"url_verification","challenge":"3eZbrw1aB"}')));
    expect(source.greetVerified?.(question)).toEqual({
      status: 200,
      contentType: 'text/plain; charset=utf-8',
      body: '3eZbrw1aB',
    });
    expect(source.greetVerified?.(verify(source, inbound(signed('{"event_id":"Ev1"}'))))).toBeUndefined();
  });
});
