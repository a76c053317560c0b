import { existsSync } from 'node:fs';
import { RingbackError } from '@ringback/contracts';
import type { Environment } from './interpolate.ts';

const OWN = 'ringback.yaml';
const EXAMPLE = 'ringback.example.yaml';

/**
 * The settings file of an app: the one that `RINGBACK_CONFIG` names, else `ringback.yaml` of the working folder.
 * Never the shipped example: everybody knows its secret.
 * @throws RingbackError RB_CONFIG_UNREADABLE when there is none
 */
export function requireSettingsFile(env: Environment): string {
  const path = ownSettingsFile(env);
  if (path !== undefined) return path;
  throw new RingbackError(
    'RB_CONFIG_UNREADABLE',
    `there are no settings: set RINGBACK_CONFIG to your settings file, or copy ${EXAMPLE} to ${OWN} and make that yours (npm start runs the example as it is)`,
  );
}

/** The settings file of a command: as for an app, else the shipped example, which `npm start` runs as well. */
export function settingsFile(env: Environment): string {
  return ownSettingsFile(env) ?? EXAMPLE;
}

function ownSettingsFile(env: Environment): string | undefined {
  if (env['RINGBACK_CONFIG']) return env['RINGBACK_CONFIG'];
  return existsSync(OWN) ? OWN : undefined;
}
