import type { RedisServerSpec } from '@ringback/redis-server';
import { check, type Violation } from './check.ts';
import type { Kinds } from './command-kind.ts';
import { type Answers, runFlow } from './flow.ts';
import { describeWork } from './leftovers.ts';
import { nameOf, type Point } from './points.ts';
import { clearStage, createWarmStage, unwatch } from './record.ts';
import { type Stage, VICTIMS } from './stage.ts';
import { armStrike } from './strike.ts';

export type Tried = {
  readonly point: Point;
  readonly reached: boolean;
  /** Lines of `<invariant>: <what>`. */
  readonly problems: readonly string[];
  readonly answers?: Answers;
  /** Taken deliveries, and how many were repeats. */
  readonly taken: number;
  readonly repeats: number;
};

export type LaneOptions = {
  readonly spec: RedisServerSpec;
  readonly kinds: Kinds;
  /** Absent: the lane makes its own. Closed at the end. */
  readonly stage?: Stage | undefined;
  readonly dataset: number;
  /** Undefined: none is left. */
  readonly next: () => Point | undefined;
  readonly onTried: (tried: Tried) => void;
};

/** A stage with a problem is replaced: lasting damage MUST NOT be blamed on the next point. */
export async function runLane({ spec, kinds, dataset, next, onTried, ...options }: LaneOptions): Promise<void> {
  let { stage } = options;
  try {
    for (let point = next(); point !== undefined; point = next()) {
      stage ??= await createWarmStage(spec, kinds);
      const tried = await tryPoint(stage, { point, kinds, dataset });
      onTried(tried);
      if (tried.problems.length === 0) continue;
      await stage.close();
      stage = undefined;
    }
  } finally {
    await stage?.close();
  }
}

const LINES_SHOWN = 4;

type TryOptions = Pick<LaneOptions, 'kinds' | 'dataset'> & { readonly point: Point };

async function tryPoint(stage: Stage, { point, kinds, dataset }: TryOptions): Promise<Tried> {
  await clearStage(stage);
  const strike = armStrike(stage, point, kinds);
  let answers: Answers | undefined;
  let problems: string[];
  try {
    answers = await runFlow(stage, () => strike.over());
    // Nothing MUST break during the check.
    unwatch(stage);
    problems = (await check(stage, { answers, crash: await strike.over(), dataset })).map(lineOf);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    problems = [`did not end: ${why}; ${await describeWork(stage)}; ${await describeProcesses(stage)}`];
  }
  unwatch(stage);
  await stage.relief.close();
  const { taken } = stage.destination;
  const distinct = new Set(taken.map(({ output, name }) => `${name} at ${output}`)).size;
  const named = problems.map((problem) => `${kinds.describe(nameOf(point))}: ${problem}`);
  return {
    point,
    reached: strike.reached(),
    problems: named,
    taken: taken.length,
    repeats: taken.length - distinct,
    ...(answers && { answers }),
  };
}

/** From their readiness. */
async function describeProcesses({ slots }: Stage): Promise<string> {
  const states = VICTIMS.map(async (victim) => {
    const state = JSON.stringify(await slots[victim].readiness().catch(() => 'down'));
    return `${victim} ${state}, whose last lines are ${JSON.stringify(
      slots[victim]
        .lines()
        .slice(-LINES_SHOWN)
        .map(({ msg, code, reason }) => ({ msg, code, reason })),
    )}`;
  });
  return (await Promise.all(states)).join(', ');
}

const lineOf = ({ invariant, what }: Violation) => `${invariant}: ${what}`;
