import { existsSync } from 'node:fs';
import type { Callback } from '@ringback/contracts';
import { NO_BOUND, parseCallbacks } from './forget.ts';
import { openFile } from './spool-file.ts';

/**
 * Calls `each` for every callback in the spool of an ingress that is stopped, row by row. Resolves to the number of
 * batches that cannot be read. @throws RingbackError RB_SPOOL_FAILED (an ingress has it, or it is damaged)
 */
export function readSpool(path: string, each: (callback: Callback) => void): { readonly unreadable: number } {
  let unreadable = 0;
  if (!existsSync(path)) return { unreadable };
  const file = openFile({ path, maxBytes: NO_BOUND });
  try {
    for (const { callbacks } of file.prepare('SELECT callbacks FROM batches').iterate()) {
      const all = parseCallbacks(String(callbacks));
      if (all === undefined) unreadable += 1;
      for (const callback of all ?? []) each(callback);
    }
    return { unreadable };
  } finally {
    file.close();
  }
}
