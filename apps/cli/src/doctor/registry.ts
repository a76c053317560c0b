import type { Check } from './check.ts';
import { fileChecks } from './checks/files.ts';
import { historyChecks } from './checks/history.ts';
import { outputChecks } from './checks/outputs.ts';
import { portChecks } from './checks/ports.ts';
import { redisChecks } from './checks/redis.ts';
import { settingsChecks } from './checks/settings.ts';
import { systemChecks } from './checks/system.ts';

/** A test compares it with the table in docs/doctor.md. */
export const CHECKS: readonly Check[] = [
  ...settingsChecks,
  ...redisChecks,
  ...outputChecks,
  ...historyChecks,
  ...fileChecks,
  ...portChecks,
  ...systemChecks,
];
