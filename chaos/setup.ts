import type { PrivateRedisOptions } from '@ringback/testkit/bare';
import type { Pace } from './load.ts';
import type { OutputStanza, Route } from './settings.ts';

/** Direct, and through the proxy `wayOut`. */
export type Destination = { readonly url: string; readonly viaProxy: string };

export type Setup = {
  /** Default: append-only file, fsync `always`. */
  readonly redis?: PrivateRedisOptions;
  /** Servers that fail over, in place of the one. More than one shard only on a cluster. */
  readonly set?: { readonly kind: 'sentinel' | 'cluster'; readonly shards: number; readonly durability: 'replica' | 'everysec' };
  /** Default: 1 of each. */
  readonly ingresses?: number;
  readonly workers?: number;
  /** For ingresses and workers. */
  readonly env?: Readonly<Record<string, string>>;
  /** TCP proxy before Redis. */
  readonly proxied?: boolean;
  /** `small disk`: others may fill the rest. Default: none. */
  readonly spool?: 'roomy' | 'small disk';
  /** A history in SQLite, with further settings, or on a PostgreSQL server of its own. */
  readonly history?: boolean | 'postgres' | Readonly<Record<string, string>>;
  /** Further settings. */
  readonly ingress?: Readonly<Record<string, string | number>>;
  /** Default: one webhook `crm`. The URL's path MUST be the output's name. */
  readonly outputs?: (destination: Destination) => readonly OutputStanza[];
  /** Default: every callback to each output. */
  readonly routes?: readonly Route[];
  /** Added to the settings during the run. */
  readonly laterOutputs?: readonly string[];
  /** Share of repeats, 0–1. Default: 0.02. */
  readonly repeats?: number;
  /** Default: about two hundred a second. */
  readonly pace?: Pace;
};
