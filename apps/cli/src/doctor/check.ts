import type { Config } from '@ringback/config';
import type { Finding } from '@ringback/operations';
import type { Reach } from '@ringback/outputs';
import type { Env } from '../reach/load-settings.ts';
import type { Shards } from '../reach/shards.ts';

export const GROUPS = ['settings', 'redis', 'outputs', 'history', 'files', 'ports', 'system'] as const;
type Group = (typeof GROUPS)[number];

export type Check = {
  readonly name: string;
  readonly group: Group;
  /** What it means if it could not look. Default: warning. */
  readonly unchecked?: 'error';
  /** A rejection means that it could not look. */
  readonly run: (context: DoctorContext) => Promise<readonly Finding[]> | readonly Finding[];
};

export type NamedFinding = Finding & { readonly check: string };

export type ReachedEndpoint = { readonly output: string; readonly place: string; readonly reach: Reach };

/** What several checks use is asked once. All of it may throw or reject. */
export type DoctorContext = {
  readonly env: Env;
  /** Of the settings file. @throws RingbackError RB_CONFIG_UNREADABLE if there is none */
  readonly path: () => string;
  /** A missing secret is an error only when used. @throws RingbackError */
  readonly settings: () => Config;
  /** The settings file and all that it names as a secret's file. */
  readonly readFiles: () => readonly string[];
  readonly shards: () => Promise<Shards>;
  /** Every server that an output sends to. An output that cannot be made is left out. */
  readonly endpoints: () => Promise<readonly ReachedEndpoint[]>;
  /** Send a HEAD request to them. */
  readonly http: boolean;
  /** ms for each check. */
  readonly timeout: number;
  /** ms since the epoch. */
  readonly now: () => number;
};
