import type { Reason } from '@ringback/contracts';

export type Key = string | Buffer;
export type KeyVariant = Reason & { readonly key: Key };

const WHITE = { 'a line feed': '\n', 'a carriage return and a line feed': '\r\n', 'a space': ' ', 'a tab': '\t' };

/** Keys that the sender may have signed with in place of ours. No text tells a secret. */
export function* secretVariants(secrets: readonly string[]): Generator<KeyVariant> {
  for (const secret of secrets) {
    yield* padded(secret);
    yield* trimmed(secret);
  }
}

/** Ours is too long. */
function* padded(secret: string): Generator<KeyVariant> {
  const code = 'padded-secret';
  const bare = secret.trim();
  if (bare !== secret) yield { code, text: paddedText('the white space at its ends'), key: bare };
  const [, , inner] = /^(["'])(.*)\1$/s.exec(bare) ?? [];
  if (inner !== undefined) yield { code, text: paddedText('the quotes around it'), key: inner };
}

/** Ours is too short. */
function* trimmed(secret: string): Generator<KeyVariant> {
  const code = 'trimmed-secret';
  for (const [name, space] of Object.entries(WHITE)) {
    yield { code, text: trimmedText(`${name} after it`), key: secret + space };
    yield { code, text: trimmedText(`${name} before it`), key: space + secret };
  }
  for (const quote of ['"', "'"]) yield { code, text: trimmedText('quotes around it'), key: quote + secret + quote };
}

/** The key is the text of the secret, or what the text encodes. */
export function* keyEncodings(secrets: readonly string[]): Generator<KeyVariant> {
  const code = 'secret-encoding';
  for (const secret of secrets) {
    const bare = secret.replace(/^whsec_/, '');
    yield { code, text: keyText('the text of the secret'), key: secret };
    if (bare !== secret) yield { code, text: keyText('the text after whsec_'), key: bare };
    yield { code, text: keyText('the secret decoded from base64'), key: Buffer.from(bare, 'base64') };
    if (/^(?:[0-9a-f]{2})+$/i.test(bare))
      yield { code, text: keyText('the secret decoded from hex'), key: Buffer.from(bare, 'hex') };
  }
}

function paddedText(what: string): string {
  return `the signature fits the secret without ${what}: the secret in our settings has them; take them out (ringback check warns of it)`;
}

function trimmedText(what: string): string {
  return `the signature fits the secret with ${what}: the sender's copy has more than ours; take it out there, or add it to our settings`;
}

function keyText(key: string): string {
  return `the signature fits if the key is ${key}: the sender and our settings read the secret differently`;
}
