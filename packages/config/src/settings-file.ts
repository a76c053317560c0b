import { existsSync } from 'node:fs';
import { RingbackError } from '@ringback/contracts';
import type { Environment } from './interpolate.ts';

const OWN = 'ringback.yaml';
const EXAMPLE = 'ringback.example.yaml';

/**
 * `RINGBACK_CONFIG` or `ringback.yaml`. Never the example: its secret is public. @throws RingbackError
 * RB_CONFIG_UNREADABLE
 */
export function requireSettingsFile(env: Environment): string {
  return ownSettingsFile(env) ?? noSettings();
}

/** For commands: defaults to the example, as `npm start` does. @throws RingbackError RB_CONFIG_UNREADABLE */
export function settingsFile(env: Environment): string {
  return ownSettingsFile(env) ?? (existsSync(EXAMPLE) ? EXAMPLE : noSettings());
}

function noSettings(): never {
  throw new RingbackError(
    'RB_CONFIG_UNREADABLE',
    `there are no settings: set RINGBACK_CONFIG to your settings file, or let \`ringback init\` write ${OWN} (in a clone: npm run ringback -- init)`,
  );
}

function ownSettingsFile(env: Environment): string | undefined {
  if (env['RINGBACK_CONFIG']) return env['RINGBACK_CONFIG'];
  return existsSync(OWN) ? OWN : undefined;
}
