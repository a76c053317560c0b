import type { OutputType } from '@ringback/contracts';
import { writeEnvelope } from '../envelope.ts';
import { failureReason, unlessAborted } from '../failure.ts';
import { StdoutSettings } from './config.ts';

export const stdout: OutputType<typeof StdoutSettings, StdoutSettings> = {
  type: 'stdout',
  settings: StdoutSettings,
  create({ name, deps }) {
    return {
      name,
      async deliver({ callback }, signal) {
        try {
          await unlessAborted(signal, () => deps.writeLine(toLine(writeEnvelope(callback)), signal));
          return { outcome: 'delivered' };
        } catch (error) {
          return { outcome: 'retry', failure: 'unavailable', reason: failureReason(error, signal) };
        }
      },
    };
  },
};

/** In JSON, raw line breaks occur only between tokens. */
function toLine(json: string): string {
  return json.replaceAll(/[\r\n]/g, ' ');
}
