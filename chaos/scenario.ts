import type { RedisServerSpec } from '@ringback/redis-server';
import type { Figures } from './figures.ts';
import type { Setup } from './setup.ts';
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
