import { RingbackError } from '@ringback/contracts';
import type { InspectedConfig } from './load.ts';
import type { SettingsReader } from './settings-reader.ts';

const MOST_READS = 3;

/**
 * Settings whose files did not change while they were read: during a rotation one may be new and another old.
 * Rejects as `readAgain`, and with RB_CONFIG_UNREADABLE if they change each time.
 */
export async function readWhole(
  reader: Pick<SettingsReader, 'readAgain' | 'isUnchanged' | 'changed'>,
  signal: AbortSignal,
): Promise<InspectedConfig> {
  for (let reads = 1; reads <= MOST_READS; reads += 1) {
    const settings = await readIfPossible(reader, signal);
    if (settings !== undefined && (await reader.isUnchanged(settings))) return settings;
  }
  const message = 'the files of the settings changed each time they were read: reload once all of them are written';
  throw new RingbackError('RB_CONFIG_UNREADABLE', message);
}

/** Undefined: it was broken while it changed. */
async function readIfPossible(reader: Pick<SettingsReader, 'readAgain' | 'changed'>, signal: AbortSignal) {
  try {
    return await reader.readAgain(signal);
  } catch (error) {
    if (signal.aborted || !reader.changed()) throw error;
    return undefined;
  }
}
