import type { Config } from '@ringback/config';
import type { Warning } from './warning.ts';

const TEXT = 'begins or ends with white space, which counts as part of the secret; remove it where the secret is kept';

export function paddedSecrets({ redis, sources, outputs }: Config): Warning[] {
  return [
    ...find(redis, ['redis']),
    ...sources.flatMap(({ settings }, index) => find(settings, ['sources', index])),
    ...outputs.flatMap(({ settings }, index) => find(settings, ['outputs', index])),
  ];
}

function find(value: unknown, at: Warning['at']): Warning[] {
  if (typeof value !== 'object' || value === null) return [];
  if ('reveal' in value && typeof value.reveal === 'function') {
    const secret = String(value.reveal());
    return secret === secret.trim() ? [] : [{ at, text: TEXT }];
  }
  const inList = Array.isArray(value);
  return Object.entries(value).flatMap(([key, inner]) => find(inner, [...at, inList ? Number(key) : key]));
}
