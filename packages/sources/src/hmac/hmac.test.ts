import { describeSourceConformance } from '@ringback/testkit';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { HmacSettings } from './config.ts';
import { hmac } from './source.ts';
import { codeOf, create, decode, hex, inbound, take } from './test-hmac.ts';

const SIGNATURE = {
  header: 'X-Signature',
  field: 'v1',
  signs: '{timestamp}.{id}.{method}.{url}.{body}',
  url: 'https://hooks.example.com',
};

describeSourceConformance({
  type: hmac,
  settings: {
    path: '/any',
    secrets: ['first-secret', 'second-secret'],
    signature: SIGNATURE,
    timestamp: { header: 'x-time' },
    id: { header: 'x-id' },
    event: { json: 'type' },
  },
  secrets: ['first-secret', 'second-secret'],
  headers: { 'x-signature': 'sign-field', 'x-id': 'id', 'x-time': 'time' },
  tolerance: 300_000,
  keyIs: 'id',
});

describe('without an id of its own', () => {
  describeSourceConformance({
    type: hmac,
    settings: {
      path: '/any',
      secrets: ['only-secret'],
      signature: { header: 'x-signature', algorithm: 'sha512', encoding: 'base64', prefix: 'v1=' },
    },
    secrets: ['only-secret'],
    headers: { 'x-signature': 'sign' },
    keyIs: 'body',
  });
});

describe('with an id in its body, and handshakes', () => {
  describeSourceConformance({
    type: hmac,
    settings: {
      path: '/any',
      secrets: ['only-secret'],
      signature: { header: 'x-signature' },
      id: { json: 'id' },
      challenge: { query: 'validationToken', json: 'challenge' },
    },
    secrets: ['only-secret'],
    headers: { 'x-signature': 'sign' },
    keyIs: 'body',
    unfit: { RB_BODY_INCOMPLETE: { text: 'no id' } },
    handshakes: {
      'by GET': (challenge) => ({ method: 'GET', query: `a=1&validationToken=${encodeURIComponent(challenge)}` }),
      'by POST': (challenge) => ({ method: 'POST', query: `validationToken=${encodeURIComponent(challenge)}` }),
      'in the body': (challenge) => ({ method: 'POST', query: '', body: JSON.stringify({ challenge }) }),
    },
  });
});

describe('what the settings can say', () => {
  it('answers a question in the URL by GET and POST, and takes no callback by GET', () => {
    const source = create('graph', { secrets: ['s'], signature: { header: 'x-s' }, challenge: { query: 'validationToken' } });
    expect([source.methods, source.greetMethods]).toEqual([['POST'], ['GET']]);
    const ask = (query: string) => source.greet?.(inbound({ body: '', headers: {}, query, method: 'GET' }));
    expect(ask('a=1&validationToken=abc%20%3Cb%3E')).toMatchObject({ status: 200, body: 'abc <b>' });
    expect(ask('a=1')).toBeUndefined();
    const sent = { body: '{}', headers: { 'x-s': hex('s', '{}') } };
    expect(codeOf(() => take(source, sent))).toBe('taken');
    // A callback is no question, whatever stands in its URL.
    const callback = inbound({ ...sent, query: 'validationToken=x', headers: { ...sent.headers, 'content-length': '2' } });
    expect(source.greet?.(callback)).toBeUndefined();
  });

  it('acks with the status and body that the sender wants', () => {
    const source = create('picky', { secrets: ['s'], signature: { header: 'x-s' }, answer: { status: 202, body: 'OK' } });
    expect(source.answer({ kind: 'acked', responseID: 'r' })).toEqual({
      status: 202,
      contentType: 'text/plain; charset=utf-8',
      body: 'OK',
    });
  });

  it('says what a callback is about, from a header or from its body', () => {
    const about = (businessKey: object, body: string) => {
      const source = create('shop', { secrets: ['s'], signature: { header: 'x-s' }, businessKey });
      return source.businessKey(take(source, { body, headers: { 'x-s': hex('s', body), 'x-order': '17' } }));
    };
    expect(about({ header: 'x-order' }, '{}')).toBe('17');
    expect(about({ json: 'order.id' }, '{"order":{"id":18}}')).toBe('18');
    for (const nothing of ['{"order":[]}', '{"order":{"id":""}}', '{"order":{"id":null}}', '{}'])
      expect(about({ json: 'order.id' }, nothing)).toBeUndefined();
    expect(about({ json: 'order.id' }, `{"order":{"id":"${'x'.repeat(5000)}"}}`)).toMatch(/^[\w-]{43}$/);
    // A number that has lost digits might be another one.
    expect(about({ json: 'order.id' }, '{"order":{"id":820982911946154508}}')).toBeUndefined();
  });

  it('signs the URL as the sender knows it, with its query', () => {
    const source = create('twilio-like', {
      secrets: ['s'],
      signature: { header: 'x-s', signs: '{url}{body}', url: 'https://a.example' },
    });
    const sign = hex('s', 'https://a.example/in?x=1{}');
    expect(codeOf(() => take(source, { body: '{}', query: 'x=1', headers: { 'x-s': sign } }))).toBe('taken');
    expect(codeOf(() => take(source, { body: '{}', query: 'x=2', headers: { 'x-s': sign } }))).toBe('RB_SIGN_MISMATCH');
  });

  it.each([
    [
      { signature: { header: 'x', signs: '{timestamp}.{body}' } },
      'signature.signs',
      /has \{timestamp\}, and there is no timestamp/,
    ],
    [
      { signature: { header: 'x', signs: '{id}.{body}' }, id: { json: 'id' } },
      'signature.signs',
      /has \{id\}, and there is no id with a header/,
    ],
    [{ signature: { header: 'x', signs: '{url}{body}' } }, 'signature.signs', /has \{url\}, and there is no signature\.url/],
    [{ signature: { header: 'x' }, timestamp: { header: 't' } }, 'timestamp', /is not signed: anyone could set the time/],
    [
      { signature: { header: 'X', signs: '{timestamp}{body}' }, timestamp: { header: 'x', field: 't' } },
      'signature',
      /say which field/,
    ],
    [{ signature: { header: 'x' }, event: { header: 'X' } }, 'event.header', /is the header of the signature/],
    [{ signature: { header: 'x' }, answer: { status: 204, body: 'OK' } }, 'answer.body', /cannot be sent with status 204/],
  ])('that do not fit together are refused: %j', (settings, at, problem) => {
    const [found, ...more] = hmac.problems?.(decode({ path: '/', secrets: ['s'], ...settings })) ?? [];
    expect(more).toEqual([]);
    expect(found?.at.join('.')).toBe(at);
    expect(found?.text).toMatch(problem);
  });

  it.each([
    { signature: { header: 'x', signs: '{bdy}' } },
    { signature: { header: 'x', signs: 'nothing' } },
    { signature: { header: 'x y' } },
    { signature: { header: 'x' }, id: {} },
    { signature: { header: 'x' }, id: { header: 'a', json: 'b' } },
    { signature: { header: 'x' }, answer: { status: 301 } },
  ])('that can mean nothing do not fit the schema: %j', (settings) => {
    const sound = { path: '/x', secrets: ['s'], signature: { header: 'x' } };
    const fits = (value: object) => Value.Check(HmacSettings, Value.Default(HmacSettings, value));
    expect(fits({ ...sound })).toBe(true);
    expect(fits({ ...sound, ...settings })).toBe(false);
  });
});
