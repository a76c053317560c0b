import { type Static, Type } from 'typebox';
import type { InstallationStatus } from '../installation/status.ts';

/**
 * `app`: all its processes, so that one cause is told once. `shard`: its number, on a cluster of several alone.
 * `dispatch`: callbacks that no worker has taken.
 */
export const Subject = Type.Object({
  kind: Type.Enum(['output', 'app', 'shard', 'dispatch', 'file']),
  name: Type.String(),
});
export type Subject = Static<typeof Subject>;

/** `error`: callbacks are refused, are lost, or go nowhere. */
export const Severity = Type.Enum(['error', 'warning']);

export type Limits = {
  /** ms that something may wait at most. */
  readonly waiting: number;
  /** Share of Redis's maxmemory from which on callbacks are refused (`redis.overload.memory.high`). */
  readonly memory: number;
};

export type Found = {
  /** What it is about. With the name it says which condition this is. Absent: the whole installation. */
  readonly subject?: Subject | undefined;
  /** ms since the epoch, if it is known. */
  readonly since?: number | undefined;
  /** Worse than its kind mostly is. */
  readonly severity?: 'error';
  /** A sentence for people. No secret, no personal data. */
  readonly text: string;
};

export type ConditionKind = {
  readonly severity: Static<typeof Severity>;
  /** Those of deploy/monitoring/rules.yaml that tell the same, or why there is none. */
  readonly alerts: readonly string[] | { readonly none: string };
  /** Where it holds. What could not be asked is no condition. */
  readonly find: (status: InstallationStatus, limits: Limits) => readonly Found[];
};

export type Find = ConditionKind['find'];

export const perSecond = (rate: number) => `${rate < 10 ? rate.toFixed(1) : Math.round(rate)}/s`;
export const percent = (share: number) => `${Math.round(share * 100)} %`;
