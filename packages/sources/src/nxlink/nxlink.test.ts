import { readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { type InboundRequest, RingbackError } from '@ringback/contracts';
import { describeSourceConformance } from '@ringback/testkit';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { NxlinkSettings } from './config.ts';
import { nxlink } from './source.ts';

describeSourceConformance({
  type: nxlink,
  settings: { accounts: [{ accessKey: 'k1', accessSecrets: ['first-secret', 'second-secret'] }] },
  secrets: ['first-secret', 'second-secret'],
  headers: { sign: 'sign', accesskey: 'account', ts: 'time', action: 'other', biztype: 'other' },
  tolerance: 60_000,
  keyIs: 'body',
});

type Vector = Readonly<Record<'name' | 'accessKey' | 'accessSecret' | 'ts' | 'bizType' | 'action' | 'body' | 'sign', string>>;
const VECTORS = JSON.parse(readFileSync(new URL('signature-vectors.json', import.meta.url), 'utf8')) as Vector[];

/** The documented rule, written down once more. */
function sign(secret: string, ts: string, body: string): string {
  const text = `accessKey=k1&action=nxai&bizType=100&ts=${ts}${body === '' ? '' : `&body=${body}`}&accessSecret=${secret}`;
  return createHash('md5').update(text).digest('hex');
}

const NOW = 1_700_000_000_000;
const create = (accounts: object[]) => nxlink.create({ name: 'nx', settings: Value.Decode(NxlinkSettings, { accounts }) });
const source = create([
  { accessKey: 'k1', accessSecrets: ['s1', 's2'] },
  { accessKey: 'k2', signed: false },
]);

function inbound(body: string, headers: Record<string, string | undefined>): InboundRequest {
  const sent = Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, [value]] as const]));
  return {
    method: 'POST',
    path: '/nxlink',
    query: '',
    headers: Object.fromEntries(sent),
    receivedAt: NOW,
    body: Buffer.from(body),
  };
}

function signed(body: string, { secret = 's1', ts = String(NOW), ...changes }: Record<string, string> = {}): InboundRequest {
  return inbound(body, { accesskey: 'k1', ts, biztype: '100', action: 'nxai', sign: sign(secret, ts, body), ...changes });
}

const receive = ({ body, ...head }: InboundRequest) => source.read(source.precheck(head)(body));
const codeOf = (request: InboundRequest) => {
  try {
    return receive(request).type;
  } catch (error) {
    return error instanceof RingbackError ? error.code : String(error);
  }
};

describe('nxlink', () => {
  it.each(VECTORS)(
    'verifies what the provider has published: $name',
    ({ accessKey, accessSecret, ts, bizType, action, body, sign: right }) => {
      const published = create([{ accessKey, accessSecrets: [accessSecret] }]);
      const request = {
        ...inbound(body, { accesskey: accessKey, ts, biztype: bizType, action, sign: right }),
        receivedAt: Number(ts),
      };
      const check = published.precheck(request);
      expect(check(request.body)).toMatchObject({ account: accessKey, time: Number(ts) });
      expect(() => check(Buffer.from(`${body} `))).toThrow(expect.objectContaining({ code: 'RB_SIGN_MISMATCH' }));
      expect(() => published.precheck({ ...request, receivedAt: Number(ts) + 61_000 })).toThrow(
        expect.objectContaining({ code: 'RB_CALLBACK_STALE' }),
      );
    },
  );

  it('takes each secret of an account, lower-case hex only', () => {
    expect(codeOf(signed('{"taskId":"t"}', { secret: 's2' }))).toBe('nxlink.task');
    expect(codeOf(signed('{"taskId":"t"}', { secret: 's3' }))).toBe('RB_SIGN_MISMATCH');
    expect(codeOf(signed('{}', { sign: sign('s1', String(NOW), '{}').toUpperCase() }))).toBe('RB_SIGN_MISMATCH');
  });

  it.each([
    ['the other algorithm', 'a'.repeat(64), '{}', 'the sign has 64 digits; md5 gives 32. Check'],
    [
      'upper case',
      sign('s1', String(NOW), '{}').toUpperCase(),
      '{}',
      'the sign has upper-case letters; lower case expected. Check',
    ],
    ['no hex', 'x'.repeat(32), '{}', 'the sign is no hex. Check'],
    [
      'an added newline',
      sign('s1', String(NOW), '{}'),
      '{}\n',
      'fits without the 1 byte of white space at the end of the body. Check',
    ],
    ['another secret', sign('s3', String(NOW), '{}'), '{}\n', 'does not fit the request: check accessSecrets'],
  ])('says of %s what is wrong with the sign', (_name, wrong, body, problem) => {
    const refused = { code: 'RB_SIGN_MISMATCH', facts: { account: 'k1', algorithm: 'md5', signLength: wrong.length } };
    const request = signed(body, { sign: wrong });
    expect(() => receive(request)).toThrow(expect.objectContaining({ ...refused, message: expect.stringContaining(problem) }));
  });

  it('leaves an empty body out of what is signed, and then refuses it as no JSON', () => {
    expect(codeOf(signed(''))).toBe('RB_BODY_MALFORMED');
  });

  it('takes no header that reaches into the next part of what is signed', () => {
    const body = '{"taskId":"t"}';
    const cut = inbound(body, { accesskey: 'k1', action: 'nxai&bizType=100', biztype: '100', ts: String(NOW), sign: 'x' });
    expect(codeOf(cut)).toBe('RB_HEADER_INVALID');
  });

  it('believes an account that does not sign without a sign, a time or a window', () => {
    const body = '{"callId":7,"callerPhone":"1"}';
    expect(receive(inbound(body, { accesskey: 'k2' }))).toMatchObject({ account: 'k2', type: 'nxlink.call', time: NOW });
    expect(receive(inbound(body, { accesskey: 'k2', ts: '1655710885431', sign: 'any' }))).toMatchObject({
      time: 1_655_710_885_431,
    });
    expect(codeOf(inbound(body, { accesskey: 'k1' }))).toBe('RB_HEADER_MISSING');
    expect(codeOf(inbound(body, {}))).toBe('RB_HEADER_MISSING');
    expect(codeOf(inbound(body, { accesskey: 'k3' }))).toBe('RB_ACCOUNT_UNKNOWN');
  });

  it('knows a callback by what its body is about and by its digest, at whatever time it is signed', () => {
    const first = receive(signed('{"callId":"c1","taskId":"t1"}'));
    expect(first.id).toMatch(/^call:c1:[\w-]{43}$/);
    expect(receive(signed('{"callId":"c1","taskId":"t1"}', { ts: String(NOW - 30_000) })).id).toBe(first.id);
    expect(receive(signed('{"callId":"c1","taskId":"t2"}')).id).not.toBe(first.id);
    expect(receive(signed('{"taskId":"t1"}')).id).toMatch(/^task:t1:/);
    expect(receive(signed('{"x":1}')).id).toMatch(/^body:/);
    expect(receive(signed(`{"callId":"${'\\u0000'.repeat(3)}"}`)).id).toMatch(/^body:/);
    expect(receive(signed('{"userTaskId":"+8613800138000"}')).id).toMatch(/^body:/);
    expect(receive(signed('{"callId":9007199254740993}')).id).toMatch(/^body:/);
  });

  it.each([
    ['{"contactId":"k"}', 'nxlink.call'],
    ['{"userTaskId":"u"}', 'nxlink.task'],
    ['{"waId":"w"}', 'nxlink.other'],
    ['[]', 'RB_BODY_MALFORMED'],
  ])('tells what %s is by its shape: %s', (body, type) => expect(codeOf(signed(body))).toBe(type));
});
