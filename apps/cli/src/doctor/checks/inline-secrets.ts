import { readFileSync } from 'node:fs';

const SHORTEST = 4;

/** True if a secret stands in the text of the settings file itself, not in a variable or another file. */
export function secretsStandIn(path: string, settings: unknown): boolean {
  const text = readFileSync(path, 'utf8');
  return secretsOf(settings).some((secret) => secret.length >= SHORTEST && text.includes(secret));
}

function secretsOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  if ('reveal' in value && typeof value.reveal === 'function') return revealed(value.reveal.bind(value));
  return Object.values(value).flatMap(secretsOf);
}

/** A missing one throws. */
function revealed(reveal: () => unknown): string[] {
  try {
    const secret = reveal();
    return typeof secret === 'string' ? [secret] : [];
  } catch {
    return [];
  }
}
