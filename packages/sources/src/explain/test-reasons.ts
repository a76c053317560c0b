import type { Effort, ReasonCode, SourceType } from '@ringback/contracts';
import { callbot } from '../callbot/source.ts';
import { hmac } from '../hmac/source.ts';
import { nxlink } from '../nxlink/source.ts';
import { standardWebhooks } from '../standard-webhooks/source.ts';
import { Value } from 'typebox/value';
import { explainRequest, finish, type Found } from './explain-request.ts';

/** For tests: a source of any type, its sender, and what `verify` says of a request that was changed in one way. */
const NOW = 1_700_000_000_000;

export type Made = { readonly headers: Record<string, string>; body: Buffer };

export function createBench(type: SourceType, settings: object) {
  const decode = (changes: object) => ({ name: 'src', settings: Value.Decode(type.settings, { ...settings, ...changes }) });
  const sender = type.createSender(decode({}));
  const kind = type.kinds[0] ?? '';

  /** A right request. `changes`: settings of the sender, such as another secret. */
  function made({ body, changes = {}, at = NOW }: { body?: Buffer; changes?: object; at?: number } = {}): Made {
    const by = Object.keys(changes).length === 0 ? sender : type.createSender(decode(changes));
    const bytes = body ?? Buffer.from(sender.sample({ kind, at, requestID: 'r-1' }));
    return { headers: { ...by.sign({ kind, body: bytes, requestID: 'r-1', at }) }, body: bytes };
  }

  function explain({ headers, body }: Made, changes: object = {}, effort?: Effort): Found {
    const sent = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), [value]] as const);
    const head = { method: 'POST', path: '', query: '', headers: Object.fromEntries(sent), receivedAt: NOW };
    const found = finish(explainRequest({ sources: [type.create(decode(changes))], head, body, effort }));
    if (!found) throw new Error('no source');
    return found;
  }

  return { made, explain, source: () => type.create(decode({})), name: type.type };
}

export function codesOf({ reasons }: Found): ReasonCode[] {
  return reasons.map(({ code }) => code);
}

export const SECRET = 'a-long-secret-of-this-test';
export const OTHER = 'another-secret-of-this-test';
export const KEY = Buffer.from(SECRET).toString('base64');

type Case = {
  readonly type: SourceType;
  readonly settings: object;
  /** The settings with this secret. */
  readonly with: (secret: string) => object;
  readonly sign: string;
  readonly id: string;
};

export const CASES: readonly Case[] = [
  {
    type: callbot,
    settings: { accounts: [{ uuid: 'u-1', secrets: [SECRET], algorithm: 'md5' }], maxSkew: '60s' },
    with: (secret) => ({ accounts: [{ uuid: 'u-1', secrets: [secret], algorithm: 'md5' }] }),
    sign: 'sign',
    id: 'requestID',
  },
  {
    type: nxlink,
    settings: { accounts: [{ accessKey: 'k-1', accessSecrets: [SECRET] }] },
    with: (secret) => ({ accounts: [{ accessKey: 'k-1', accessSecrets: [secret] }] }),
    sign: 'sign',
    id: 'accessKey',
  },
  {
    type: hmac,
    settings: {
      path: '/h',
      secrets: [SECRET],
      id: { header: 'x-id' },
      timestamp: { header: 'x-time', tolerance: '60s' },
      signature: { header: 'x-signature', signs: '{timestamp}.{body}' },
    },
    with: (secret) => ({ secrets: [secret] }),
    sign: 'x-signature',
    id: 'x-id',
  },
  {
    type: standardWebhooks,
    settings: { path: '/s', secrets: [`whsec_${KEY}`] },
    with: (secret) => ({ secrets: [Buffer.from(secret).toString('base64')] }),
    sign: 'webhook-signature',
    id: 'webhook-id',
  },
];

export const BODY = Buffer.from('{"taskId":"t-1","name":"\u725b/<&>","rate": 1.10,\n"list":[ 1,2 ],"n":12345678901234567890}');
export const json = (text: string) => Buffer.from(text);
