import { createSecret, type Secret } from '@ringback/contracts';

/** A thread gets copies, and a copy of a `Secret` has lost its text. */
const SEAL = '\uFDD0secret';

/** For `workerData`, which is never logged. `left out`: for what needs no secrets. */
export function seal(value: unknown, secrets: 'kept' | 'left out'): unknown {
  if (isSecret(value)) return { [SEAL]: secrets === 'kept' ? value.reveal() : '' };
  if (Array.isArray(value)) return value.map((part) => seal(part, secrets));
  return isObject(value) ? Object.fromEntries(Object.entries(value).map(([key, part]) => [key, seal(part, secrets)])) : value;
}

export function unseal(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unseal);
  if (!isObject(value)) return value;
  if (SEAL in value) return createSecret(String(value[SEAL]));
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, unseal(part)]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isSecret(value: unknown): value is Secret {
  return isObject(value) && typeof value['reveal'] === 'function';
}
