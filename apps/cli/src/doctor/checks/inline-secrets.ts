import { readFileSync } from 'node:fs';
import { type Secret, secretsIn } from '@ringback/contracts';
import { placeInFile } from '../../check/place-in-file.ts';

const SHORTEST = 4;

/** Keys of secrets that stand in the text of the settings file itself, not in a variable or another file. */
export function secretsStandIn(path: string, settings: unknown): string[] {
  const text = readFileSync(path, 'utf8');
  return [...secretsIn(settings)].flatMap(({ keys, secret }) => {
    const value = revealed(secret);
    return value.length >= SHORTEST && text.includes(value) && !isPlainUrl(value) ? [placeInFile(keys).join('.')] : [];
  });
}

const SHORTEST_TOKEN = 16;

/** An address without a password, a query or a part of the path that is long enough for a token. */
function isPlainUrl(value: string): boolean {
  if (!/^https?:/.test(value) || !URL.canParse(value)) return false;
  const { username, password, search, hash, pathname } = new URL(value);
  return username + password + search + hash === '' && pathname.split('/').every((part) => part.length < SHORTEST_TOKEN);
}

/** A missing one throws. */
function revealed(secret: Secret): string {
  try {
    return secret.reveal();
  } catch {
    return '';
  }
}
