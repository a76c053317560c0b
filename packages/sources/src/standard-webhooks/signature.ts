import type { StandardWebhooksSettings } from './config.ts';
import { decodeSignature } from '../http/hmac.ts';

/** Of the spec; `v1a`, the asymmetric kind, is not one of ours. */
const VERSION = 'v1';

export type Signed = { readonly id: Buffer; readonly timestamp: Buffer; readonly body: Buffer };

/** https://www.standardwebhooks.com, "Signature scheme": `msg_id.timestamp.payload`. */
export function messageOf({ id, timestamp, body }: Signed): readonly (string | Buffer)[] {
  return [id, '.', timestamp, '.', body];
}

/** `whsec_` and a key in base64, or the key alone. */
export function keysOf({ secrets }: Pick<StandardWebhooksSettings, 'secrets'>): Buffer[] {
  return secrets.map((secret) => Buffer.from(secret.reveal().replace(/^whsec_/, ''), 'base64'));
}

/** The signatures of our version in `v1,<base64> v1,<base64>`; others are for others. */
export function signaturesIn(header: Buffer): Buffer[] {
  return header
    .toString('latin1')
    .split(' ')
    .flatMap((entry) => {
      const [version, text = ''] = entry.split(',', 2);
      return version === VERSION ? (decodeSignature(text, 'base64') ?? []) : [];
    });
}

export function written(signature: Buffer): string {
  return `${VERSION},${signature.toString('base64')}`;
}
