import { encryptionStatus, type EncryptionStatus } from '@ringback/operations';
import { keyIds } from '@ringback/privacy';
import type { OpenPlaces } from '../reach/with-places.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { runningIn, withOtherKeys } from './processes.ts';
import { readSpoolOfMachine } from './spool.ts';
import { bodiesInWords, doubts, statusTable } from './text.ts';

export async function readEncryption(open: OpenPlaces, settingsPath: string): Promise<EncryptionStatus> {
  const { settings, places, away } = open;
  const encrypt = settings.privacy?.encrypt;
  const keys = encrypt === undefined ? [] : keyIds(encrypt);
  const running = (await runningIn(open)) ?? [];
  const spool = (each: (body: string) => void) => readSpoolOfMachine({ settings, settingsPath, running }, each);
  return encryptionStatus({ places, away, keys, spool });
}

type Show = { readonly settingsPath: string; readonly json: boolean; readonly terminal: Terminal };

/** True if all could be asked, and can be read. */
export async function showEncryption(open: OpenPlaces, { settingsPath, json, terminal }: Show): Promise<boolean> {
  const status = await readEncryption(open, settingsPath);
  const otherKeys = withOtherKeys((await runningIn(open)) ?? [], open.settings);
  const active = open.settings.privacy?.encrypt?.active === true;
  const { keys, notReached, unreadable } = status;
  if (json) {
    const placed = keys.map(({ id, ...counted }, place) => ({ id, place, encrypts: active && place === 0, ...counted }));
    terminal.out(JSON.stringify({ active, ...status, keys: placed, otherKeys }));
  } else {
    if (keys.length === 0) terminal.out('the settings have no privacy.encrypt');
    for (const line of statusTable(status, active)) terminal.out(line);
    for (const line of problemsOf(status)) terminal.err(line);
    for (const line of doubts(unreadable, otherKeys)) terminal.err(line);
    for (const why of notReached) terminal.err(`not reached: ${why}`);
  }
  return notReached.length === 0 && status.missing.length === 0;
}

function problemsOf({ missing }: EncryptionStatus): string[] {
  return missing.map(
    ({ id, bodies }) =>
      `key ${id} is not in the settings, and ${bodiesInWords(bodies)} cannot be read: put it back into privacy.encrypt.keys`,
  );
}
