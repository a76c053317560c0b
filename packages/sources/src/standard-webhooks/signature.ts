import { decodeSignature } from '../http/hmac.ts';

/** HMAC-SHA256. The asymmetric `v1a` is not supported. */
const VERSION = 'v1';

export type Signed = { readonly id: Buffer; readonly timestamp: Buffer; readonly body: Buffer };

/** https://www.standardwebhooks.com, "Signature scheme": `msg_id.timestamp.payload`. */
export function messageOf({ id, timestamp, body }: Signed): readonly (string | Buffer)[] {
  return [id, '.', timestamp, '.', body];
}

/** A secret is a key in base64, with or without `whsec_` before it. */
export function keyOf(secret: string): Buffer {
  return Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
}

/** Of `v1,<base64> v1,<base64>`. Skips other versions. */
export function entriesIn(header: Buffer): string[] {
  return header
    .toString('latin1')
    .split(' ')
    .flatMap((entry) => {
      const [version, text] = entry.split(',', 2);
      return version === VERSION && text !== undefined ? text : [];
    });
}

export function signaturesIn(header: Buffer): Buffer[] {
  return entriesIn(header).flatMap((text) => decodeSignature(text, 'base64') ?? []);
}

export function written(signature: Buffer): string {
  return `${VERSION},${signature.toString('base64')}`;
}
