import type { Config } from '@ringback/config';
import { sourceTypes } from '@ringback/sources';
import type { Warning } from './warning.ts';

export function unsignedAccounts({ sources }: Config): Warning[] {
  return sources.flatMap(({ type, settings, allowFrom }, index) =>
    (allowFrom === undefined ? (sourceTypes[type]?.unsigned?.(settings) ?? []) : []).map(({ at }) => ({
      at: ['sources', index, ...at],
      text: 'is not signed: anyone who can reach the path can send its callbacks; set allowFrom',
    })),
  );
}

/** Secrets that a stranger may know or guess. */
export function weakSecrets({ sources }: Config): Warning[] {
  return sources.flatMap(({ type, settings }, index) =>
    (sourceTypes[type]?.weakSecrets?.(settings) ?? []).map(({ at, code, text }) => ({
      at: ['sources', index, ...at],
      text: `${text} (${code})`,
    })),
  );
}
