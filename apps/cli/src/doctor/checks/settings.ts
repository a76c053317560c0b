import { RingbackError } from '@ringback/contracts';
import type { Finding } from '@ringback/operations';
import type { Check, DoctorContext } from '../check.ts';
import { examine } from '../../check/check.ts';

export const settingsChecks: readonly Check[] = [{ name: 'settings', group: 'settings', run: checkSettings }];

/** As `ringback check` does. */
function checkSettings({ path, env }: DoctorContext): readonly Finding[] {
  try {
    const subject = path();
    const { problems, warnings, notes } = examine({ path: subject, env });
    const found: Finding[] = [
      ...problems.map((text) => ({ severity: 'error', subject, text, mend: 'fix what the line names' }) as const),
      ...warnings.map((text) => ({ severity: 'warning', subject, text, mend: 'fix what the line names' }) as const),
      ...notes.map((text) => ({ severity: 'note', subject, text }) as const),
    ];
    return found.length > 0 ? found : [{ severity: 'ok', subject, text: 'is fine' }];
  } catch (error) {
    if (!(error instanceof RingbackError)) throw error;
    const mend = 'fix what the lines name; ringback check shows them as well';
    return [{ severity: 'error', subject: 'settings', text: `${error.code}: ${error.message}`, mend }];
  }
}
