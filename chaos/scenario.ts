import type { PrivateRedisOptions } from '@ringback/testkit/bare';
import type { Figures } from './figures.ts';
import type { Pace } from './load.ts';
import type { OutputStanza } from './settings.ts';
import type { RedisServerSpec } from '../scripts/redis/server-spec.ts';
import type { Size, World } from './world.ts';

/** One way of breaking Ringback, and what must hold then. */
export type Scenario = {
  readonly name: string;
  /** What is broken, in a line. */
  readonly breaks: string;
  /** `zero`: nothing acked may be missing. `bounded`: only what was acked within the moments that `break` names with `world.mayLose`. */
  readonly loss: 'zero' | 'bounded';
  readonly setup?: Setup;
  /** Breaks things while callbacks come in; they come until it resolves. MUST mend everything at its end. */
  readonly break: (world: World) => Promise<void>;
  /** How long the end of every delivery may take once all is mended, ms. Default: a minute. */
  readonly settlesWithinMs?: number;
  /** What else must hold; a line for each thing that does not. */
  readonly check?: (figures: Figures, world: World) => string[] | Promise<string[]>;
};

export type RunOptions = {
  readonly seed: number;
  readonly size: Size;
  readonly spec: RedisServerSpec;
  /** Of what the run is made of: that alone whose name holds this. */
  readonly only?: string | undefined;
  /** A line for who watches. */
  readonly say: (line: string) => void;
};

export type RunResult = {
  readonly figures: Partial<Figures>;
  /** What did not hold; none: passed. */
  readonly problems: readonly string[];
  /** What else there is to tell, a line each. */
  readonly notes: readonly string[];
};

/** A scenario that breaks no load but runs something small of its own, over and over. */
export type Run = Pick<Scenario, 'name' | 'breaks' | 'loss'> & {
  readonly run: (options: RunOptions) => Promise<RunResult>;
};

/** Base URLs of the one destination: itself, and through the proxy `wayOut`. */
export type Destination = { readonly url: string; readonly viaProxy: string };

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
