import { existsSync } from 'node:fs';
import type { Environment } from './interpolate.ts';

/** The settings file to read: the one that `RINGBACK_CONFIG` names, else `ringback.yaml` where there is one, else the shipped example. */
export function settingsFile(env: Environment): string {
  if (env['RINGBACK_CONFIG']) return env['RINGBACK_CONFIG'];
  return existsSync('ringback.yaml') ? 'ringback.yaml' : 'ringback.example.yaml';
}
