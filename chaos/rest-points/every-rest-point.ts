import { createRandom } from '../random.ts';
import type { Run, RunOptions, RunResult } from '../scenario.ts';
import { check } from './check.ts';
import { forgetResting, idsOf, runFlow } from './flow.ts';
import { createStage, type Stage } from './stage.ts';
import { armStrikes, nameOf, type Point, pointsOf, type Strikes } from './strike.ts';

/** Small Ringbacks side by side: most of the time they wait. */
const LANES = 4;
const TELLS_EVERY = 20;

/** One of each phase, in one run: while it marks what it parks, while it brings back, and between the store and Redis. */
const SAMPLE: readonly Point[] = [
  { phase: 'park', side: 'after', nth: 5 },
  { phase: 'return', side: 'after', nth: 3 },
  { phase: 'keep', side: 'before', nth: 8 },
];

/** All points of one run: each at most once in a phase. */
type Trial = readonly Point[];
type Tried = { readonly trial: Trial; readonly struck: number; readonly repeats: number; readonly problems: readonly string[] };

export const everyRestPoint: Run = {
  name: 'every-rest-point',
  breaks:
    'a small run, over and over: SIGKILL of the worker before and after each command of what parks deliveries, brings them back, and moves dead letters and unrouted callbacks to the history',
  loss: 'zero',
  async run(options) {
    const { size, only, say } = options;
    if (size === 'short') return resultOf(await runLane(options, 'sample', trialsOf([SAMPLE])));
    const { counts, problems } = await record(options);
    const points = pointsOf(counts).filter((point) => nameOf(point).includes(only ?? ''));
    say(`${points.length} points: ${JSON.stringify(counts)} commands`);
    if (problems.length > 0) return { figures: {}, problems, notes: [] };
    const next = trialsOf(points.map((point) => [point]));
    const lanes = Array.from({ length: LANES }, (_, lane) => runLane(options, `lane${lane}`, next));
    // Each lane MUST end by itself.
    const ended = await Promise.allSettled(lanes);
    const tried = ended.flatMap((lane) => (lane.status === 'fulfilled' ? lane.value : []));
    const failures = ended.flatMap((lane) => (lane.status === 'rejected' ? String(lane.reason) : []));
    const { problems: found, ...rest } = resultOf(tried);
    return { ...rest, problems: [...failures, ...found] };
  },
};

function trialsOf(trials: readonly Trial[]): () => Trial | undefined {
  const left = [...trials];
  return () => left.shift();
}

/** Without a fault. */
async function record(options: RunOptions): Promise<{ counts: Strikes['counts']; problems: string[] }> {
  const stage = await createStage(options.spec, createRandom(`${options.seed} record`));
  try {
    const strikes = armStrikes(stage, []);
    const ids = idsOf('record');
    await runFlow(stage, ids, strikes.begin);
    const { counts } = strikes;
    return { counts: { ...counts }, problems: (await check(stage, ids)).map((problem) => `without a fault: ${problem}`) };
  } finally {
    await stage.close();
  }
}

/** A stage with a problem is replaced: lasting damage MUST NOT be blamed on the next point. */
async function runLane({ spec, seed, say }: RunOptions, name: string, next: () => Trial | undefined): Promise<Tried[]> {
  const tried: Tried[] = [];
  let stage: Stage | undefined;
  try {
    for (let trial = next(); trial !== undefined; trial = next()) {
      stage ??= await createStage(spec, createRandom(`${seed} ${name}`));
      const one = await tryTrial(stage, trial, `${name}-${tried.length}`);
      tried.push(one);
      for (const problem of one.problems) say(problem);
      if (tried.length % TELLS_EVERY === 0) say(`${name}: ${tried.length} tried`);
      if (one.problems.length === 0) continue;
      await stage.close();
      stage = undefined;
    }
  } finally {
    await stage?.close();
  }
  return tried;
}

async function tryTrial(stage: Stage, trial: Trial, run: string): Promise<Tried> {
  const before = stage.world.deliveries.repeats().length;
  const strikes = armStrikes(stage, trial);
  const ids = idsOf(run);
  let problems: string[];
  try {
    await runFlow(stage, ids, strikes.begin);
    await strikes.over();
    problems = await check(stage, ids);
    await forgetResting(stage);
  } catch (error) {
    problems = [`did not end: ${error instanceof Error ? error.message : String(error)}`];
  }
  stage.proxy.watch(
    () => undefined,
    () => {},
  );
  const name = trial.map(nameOf).join(' and ');
  return {
    trial,
    struck: strikes.struck().length,
    repeats: stage.world.deliveries.repeats().length - before,
    problems: problems.map((problem) => `${name}: ${problem}`),
  };
}

function resultOf(tried: readonly Tried[]): RunResult {
  const sum = (count: (one: Tried) => number) => tried.reduce((total, one) => total + count(one), 0);
  const repeated = tried.filter(({ repeats }) => repeats > 0).length;
  const missed = tried.filter(({ trial, struck }) => struck < trial.length).flatMap(({ trial }) => trial.map(nameOf));
  return {
    figures: { duplicates: sum(({ repeats }) => repeats) },
    problems: tried.flatMap(({ problems }) => problems),
    notes: [
      `${sum(({ struck }) => struck)} of ${sum(({ trial }) => trial.length)} points came, ${repeated} runs with a repeat in the window`,
      ...(missed.length > 0 ? [`not reached: ${missed.join('; ')}`] : []),
    ],
  };
}
