import { randomBytes } from 'node:crypto';

/** Within the 24 to 64 bytes that Standard Webhooks asks for. */
const BYTES = 32;

/** A new signing secret for a webhook, as Standard Webhooks writes it. */
export function newSecret(): string {
  return `whsec_${randomBytes(BYTES).toString('base64')}`;
}
