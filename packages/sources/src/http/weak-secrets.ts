import type { Secret, WeakSecret } from '@ringback/contracts';

const LEAST_KEY_BYTES = 16;

/** From the documentation of Standard Webhooks, GitHub and Slack. */
const PUBLISHED = new Set(['MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', "It's a Secret to Everybody", '8f742231b10e8888abcd99yyyzzz85a5']);

/** `keyOf` reads the key from the text of a secret. */
export function weakSecrets(secrets: readonly Secret[], keyOf = (text: string): Buffer => Buffer.from(text)): WeakSecret[] {
  return secrets.flatMap((secret, index): WeakSecret[] => {
    const at = ['secrets', index];
    const text = secret.reveal();
    if (PUBLISHED.has(text.replace(/^whsec_/, ''))) {
      const why = 'is a published sample: anyone can sign with it; set your own';
      return [{ at, code: 'RB_SECRET_PUBLISHED', text: why }];
    }
    if (keyOf(text).length >= LEAST_KEY_BYTES) return [];
    const why = `has less than ${LEAST_KEY_BYTES} bytes, so it could be guessed; take 32 random ones`;
    return [{ at, code: 'RB_SECRET_SHORT', text: why }];
  });
}
