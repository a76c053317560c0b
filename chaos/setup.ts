import type { PrivateRedisOptions } from '@ringback/testkit/bare';
import type { Pace } from './load.ts';
import type { OutputStanza } from './settings.ts';

/** Base URLs of the one destination: itself, and through the proxy `wayOut`. */
export type Destination = { readonly url: string; readonly viaProxy: string };

/** What a scenario runs with, where the usual does not do. */
export type Setup = {
  /** Default: append-only file, fsync `always`. */
  readonly redis?: PrivateRedisOptions;
  /** Default: 1 of each. */
  readonly ingresses?: number;
  readonly workers?: number;
  /** Further environment of ingresses and workers. */
  readonly env?: Readonly<Record<string, string>>;
  /** Puts a TCP proxy between the apps and Redis. */
  readonly proxied?: boolean;
  /** Gives each ingress a spool: with room, or on a small disk of which others may take the rest. Default: none. */
  readonly spool?: 'roomy' | 'small disk';
  /** Further keys of the settings' section `ingress`. */
  readonly ingress?: Readonly<Record<string, string | number>>;
  /** Default: one webhook `crm`. Each output's path at the destination MUST be its name. */
  readonly outputs?: (destination: Destination) => readonly OutputStanza[];
  /** Names of outputs that the scenario adds to the settings later on. */
  readonly laterOutputs?: readonly string[];
  /** How many of the callbacks are repeats of earlier ones, 0…1. Default: 0.02. */
  readonly repeats?: number;
  /** How fast they come. Default: some two hundred a second. */
  readonly pace?: Pace;
};
