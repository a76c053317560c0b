import type { Callback, QuarantinedCallback } from '@ringback/contracts';

/** A callback as the quarantine keeps it. `code` is of an error; `reason` says more, without personal data. */
export function quarantineEntry(callback: Callback, code: string, reason: string): QuarantinedCallback {
  return { v: 1, ...callback, encoding: 'utf8', code, reason: `${code}: ${reason}` };
}

/** How many of each code there are among those that are not kept. */
export function countUnkept(entries: readonly QuarantinedCallback[], kept: readonly boolean[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [index, { code = '' }] of entries.entries()) if (!kept[index]) counts.set(code, (counts.get(code) ?? 0) + 1);
  return counts;
}
