import type { RedisServerSpec } from '@ringback/redis-server';
import type { Figures } from './figures.ts';
import type { Setup } from './setup.ts';
import type { Size, World } from './world.ts';

export type Scenario = {
  readonly name: string;
  /** In a line. */
  readonly breaks: string;
  /** `bounded`: only what `break` names with `world.mayLose` may be missing. */
  readonly loss: 'zero' | 'bounded';
  readonly setup?: Setup;
  /** Under load until it resolves. MUST repair everything at its end. */
  readonly break: (world: World) => Promise<void>;
  /** ms. Default: a minute. */
  readonly settlesWithinMs?: number;
  /** Default: four minutes. */
  readonly breaksWithinMs?: number;
  /** Further figures, a line each. */
  readonly notes?: (figures: Figures, world: World) => string[];
  /** A line per problem. */
  readonly check?: (figures: Figures, world: World) => string[] | Promise<string[]>;
};

export type RunOptions = {
  readonly seed: number;
  readonly size: Size;
  readonly spec: RedisServerSpec;
  /** Runs only parts whose name holds this. */
  readonly only?: string | undefined;
  readonly say: (line: string) => void;
};

export type RunResult = {
  readonly figures: Partial<Figures>;
  /** None: passed. */
  readonly problems: readonly string[];
  readonly notes: readonly string[];
};

/** Needs no load: repeats something small. */
export type Run = Pick<Scenario, 'name' | 'breaks' | 'loss'> & {
  readonly run: (options: RunOptions) => Promise<RunResult>;
};
