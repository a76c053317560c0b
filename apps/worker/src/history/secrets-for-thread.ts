import { createSecret, isSecret } from '@ringback/contracts';

/** Marks a text that was a `Secret`: a thread gets copies, and a copy of a `Secret` has lost its text. */
const MARK = '\uFDD0secret';

/** For `workerData`, which is never logged. `left out`: for what needs no secrets. */
export function revealSecrets(value: unknown, secrets: 'kept' | 'left out'): unknown {
  if (isSecret(value)) return { [MARK]: secrets === 'kept' ? value.reveal() : '' };
  if (Array.isArray(value)) return value.map((part) => revealSecrets(part, secrets));
  return isObject(value)
    ? Object.fromEntries(Object.entries(value).map(([key, part]) => [key, revealSecrets(part, secrets)]))
    : value;
}

export function wrapSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(wrapSecrets);
  if (!isObject(value)) return value;
  if (MARK in value) return createSecret(String(value[MARK]));
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, wrapSecrets(part)]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
