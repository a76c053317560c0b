import type { Callback, QuarantinedCallback } from '@ringback/contracts';

/** `reason` MUST hold no personal data. */
export function quarantineEntry(callback: Callback, code: string, reason: string): QuarantinedCallback {
  return { v: 1, ...callback, encoding: 'utf8', code, reason: `${code}: ${reason}` };
}

export function countUnkept(entries: readonly QuarantinedCallback[], kept: readonly boolean[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [index, { code = '' }] of entries.entries()) if (!kept[index]) counts.set(code, (counts.get(code) ?? 0) + 1);
  return counts;
}
