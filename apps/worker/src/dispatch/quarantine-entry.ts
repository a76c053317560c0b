import type { Callback, QuarantinedCallback } from '@ringback/contracts';

/** For what a callback may be lost while the quarantine is full. Shown at 0 before the first one. */
export const UNKEPT_CODES = ['RB_UNROUTED', 'RB_CONDITION_OVERRUN', 'RB_REQUEST_ID_REUSED'] as const;
type UnkeptCode = (typeof UNKEPT_CODES)[number];

/** `reason` MUST hold no personal data. */
export function quarantineEntry(callback: Callback, code: UnkeptCode, reason: string): QuarantinedCallback {
  return { v: 1, ...callback, encoding: 'utf8', code, reason: `${code}: ${reason}` };
}

export function countUnkept(entries: readonly QuarantinedCallback[], kept: readonly boolean[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [index, { code = '' }] of entries.entries()) if (!kept[index]) counts.set(code, (counts.get(code) ?? 0) + 1);
  return counts;
}
