import type { InboundRequest } from '@ringback/contracts';
import { describeSourceConformance } from '@ringback/testkit';
import { Webhook } from 'standardwebhooks';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { StandardWebhooksSettings } from './config.ts';
import { standardWebhooks } from './source.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const OTHER = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD';

describeSourceConformance({
  type: standardWebhooks,
  settings: { path: '/sw', secrets: [SECRET, OTHER] },
  secrets: [SECRET, OTHER, 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
  headers: { 'webhook-signature': 'sign', 'webhook-id': 'id', 'webhook-timestamp': 'time' },
  tolerance: 300_000,
  keyIs: 'id',
});

const secrets = [SECRET, OTHER.replace('whsec_', '')];
const settings = Value.Decode(StandardWebhooksSettings, { path: '/sw', secrets });
const source = standardWebhooks.create({ name: 'sw', settings });
const verify = ({ body, ...head }: InboundRequest) => source.precheck(head)(body);

/** A request as the reference library of the spec signs it. */
function signed(body: string, { secret = SECRET, at = new Date(), id = 'msg_1' } = {}): InboundRequest {
  const headers = {
    'webhook-id': [id],
    'webhook-timestamp': [String(Math.floor(at.getTime() / 1000))],
    'webhook-signature': [new Webhook(secret).sign(id, at, body)],
  };
  return { method: 'POST', path: '/sw', query: '', headers, receivedAt: at.getTime(), body: Buffer.from(body) };
}

const BODY = '{"type":"invoice.paid","timestamp":"2026-01-01T00:00:00Z","data":{"id":"x"}}';

describe('standard webhooks', () => {
  it.each([SECRET, OTHER])('takes what the reference library signs, with each of the secrets', (secret) => {
    const request = signed(BODY, { secret });
    expect(source.read(verify(request))).toMatchObject({
      id: 'msg_1',
      account: 'sw',
      type: 'sw.invoice.paid',
      body: BODY,
    });
  });

  it('signs, as a sender, what the reference library takes', () => {
    const sender = standardWebhooks.createSender({ name: 'sw', settings });
    const body = Buffer.from(BODY);
    const headers = sender.sign({ kind: 'event', body, requestID: 'msg_9', at: Date.now() });
    expect(new Webhook(SECRET).verify(body, headers)).toMatchObject({ type: 'invoice.paid' });
  });

  it('takes one right signature among others, and versions that it does not know', () => {
    const request = signed(BODY);
    const [right = ''] = request.headers['webhook-signature'] ?? [];
    const other = signed(`${BODY} `).headers['webhook-signature']?.[0] ?? '';
    const withSignature = (text: string) => ({ ...request, headers: { ...request.headers, 'webhook-signature': [text] } });
    expect(verify(withSignature(`v1a,abc= ${other} ${right}`)).id).toBe('msg_1');
    for (const wrong of [other, right.replace('v1,', 'v2,'), right.replace('v1,', ''), `${right}=`, right.slice(0, -1)]) {
      expect(() => verify(withSignature(wrong))).toThrow(expect.objectContaining({ code: 'RB_SIGN_MISMATCH' }));
    }
  });

  it('takes no id or time that the signature does not cover', () => {
    const request = signed(BODY);
    const changed = (name: string, value: string) => ({ ...request, headers: { ...request.headers, [name]: [value] } });
    const [time = ''] = request.headers['webhook-timestamp'] ?? [];
    for (const other of [changed('webhook-id', 'msg_2'), changed('webhook-timestamp', String(Number(time) + 1))]) {
      expect(() => verify(other)).toThrow(expect.objectContaining({ code: 'RB_SIGN_MISMATCH' }));
    }
  });

  it.each([
    ['{"data":1}', 'sw.unknown'],
    ['{"type":7}', 'sw.unknown'],
    ['{"type":"Ünder score/x"}', 'sw._nder.score.x'],
    ['[1]', 'sw.unknown'],
  ])('gives %s the type %s', (body, type) => expect(source.read(verify(signed(body))).type).toBe(type));
});
