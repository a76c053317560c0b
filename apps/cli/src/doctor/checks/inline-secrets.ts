import { readFileSync } from 'node:fs';
import { type Secret, secretsIn } from '@ringback/contracts';

const SHORTEST = 4;

/** True if a secret stands in the text of the settings file itself, not in a variable or another file. */
export function secretsStandIn(path: string, settings: unknown): boolean {
  const text = readFileSync(path, 'utf8');
  const secrets = [...secretsIn(settings)].map(({ secret }) => revealed(secret));
  return secrets.some((secret) => secret.length >= SHORTEST && text.includes(secret));
}

/** A missing one throws. */
function revealed(secret: Secret): string {
  try {
    return secret.reveal();
  } catch {
    return '';
  }
}
