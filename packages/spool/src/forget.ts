import { existsSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { Callback, cannotDecrypt } from '@ringback/contracts';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { openFile } from './spool-file.ts';

const callbackList = Compile(Type.Array(Callback));
/** No ingress will write to it meanwhile: it is not bounded here. */
export const NO_BOUND = 2 ** 40;

export type ForgetInSpool = {
  readonly path: string;
  /** @throws RingbackError RB_KEY_MISSING or RB_BODY_TAMPERED */
  readonly isIn: (callback: Callback) => boolean;
  /** In a batch that cannot be read. */
  readonly isNamed: (text: string) => boolean;
  readonly dryRun: boolean;
};

/**
 * Removes a person's callbacks from the spool of an ingress that is stopped, and overwrites their place in the file.
 * Undefined: there is no such file. @throws RingbackError RB_SPOOL_FAILED (an ingress has it, or it is damaged)
 */
export function forgetInSpool(options: ForgetInSpool): { readonly removed: number; readonly unreadable: number } | undefined {
  const { path, dryRun } = options;
  if (!existsSync(path)) return undefined;
  const file = openFile({ path, maxBytes: NO_BOUND });
  try {
    file.exec('PRAGMA secure_delete = ON; BEGIN IMMEDIATE');
    const found = forgetRows(file, options);
    file.exec(dryRun ? 'ROLLBACK' : 'COMMIT; PRAGMA wal_checkpoint(TRUNCATE)');
    return found;
  } finally {
    file.close();
  }
}

function forgetRows(file: DatabaseSync, { isIn, isNamed }: ForgetInSpool) {
  const rows = file.prepare('SELECT row, callbacks FROM batches').all();
  const rewrite = file.prepare('UPDATE batches SET callbacks = ?, size = ? WHERE row = ?');
  const remove = file.prepare('DELETE FROM batches WHERE row = ?');
  let [removed, unreadable] = [0, 0];
  for (const { row = 0, callbacks } of rows) {
    const all = parseCallbacks(String(callbacks));
    if (all === undefined) {
      if (isNamed(String(callbacks))) unreadable += 1;
      continue;
    }
    const left = others(all, isIn);
    if (left === undefined) unreadable += 1;
    if (left === undefined || left.length === all.length) continue;
    removed += all.length - left.length;
    if (left.length === 0) remove.run(row);
    else rewrite.run(JSON.stringify(left), left.length, row);
  }
  return { removed, unreadable };
}

/** Undefined: nobody can tell, since a body cannot be decrypted. */
function others(all: readonly Callback[], isIn: ForgetInSpool['isIn']): readonly Callback[] | undefined {
  try {
    return all.filter((callback) => !isIn(callback));
  } catch (error) {
    if (cannotDecrypt(error)) return undefined;
    throw error;
  }
}

/** Undefined: it cannot be read. */
export function parseCallbacks(text: string): readonly Callback[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return callbackList.Check(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
