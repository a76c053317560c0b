import type { RedisServerSpec } from '@ringback/redis-server';
import type { Figures } from '../figures.ts';
import { createRandom } from '../random.ts';
import type { Run, RunResult } from '../scenario.ts';
import { check } from './check.ts';
import { createKinds, type Kinds } from './command-kind.ts';
import { datasetBytes } from './leftovers.ts';
import { nameOf, pointsOf } from './points.ts';
import { createWarmStage, recordRun } from './record.ts';
import { NO_CRASH } from './strike.ts';
import { tally } from './tally.ts';
import { runLane, type Tried } from './try-points.ts';

/** Small Ringbacks side by side, and points. Most of the time they wait for locks to expire. */
const SIZES = {
  full: { lanes: 8, points: Infinity },
  short: { lanes: 3, points: 12 },
} as const;
/** Runs without a fault give the points. */
const RECORDINGS = 3;
const TELLS_EVERY = 100;
const POINTS_PER_LANE = 4;

export const everyCrashPoint: Run = {
  name: 'every-crash-point',
  breaks:
    'a small run, over and over: SIGKILL of ingress and worker before and after each of their commands to Redis and each exchange with a destination; the connection cut there; the process stopped there for longer than its lock',
  loss: 'zero',
  async run({ seed, size, spec, only, say }) {
    const random = createRandom(`${seed} every-crash-point`);
    const { lanes: most, points: atMost } = SIZES[size];
    const kinds = createKinds();
    const begun = await Promise.all(Array.from({ length: RECORDINGS }, () => begin(spec, kinds)));
    const problems = begun.flatMap((one) => one.problems);
    const recordings = begun.map(({ recording }) => recording);
    const all = pointsOf(recordings, random).filter((point) => nameOf(point).includes(only ?? ''));
    // If it does not hold without a fault, no fault is needed.
    const points = problems.length === 0 ? all.slice(0, atMost) : [];
    const lanes = Math.max(RECORDINGS, Math.min(most, Math.ceil(points.length / POINTS_PER_LANE)));
    say(`${points.length} of ${all.length} crash points, ${lanes} side by side`);
    const left = [...points];
    const tried: Tried[] = [];
    const onTried = (one: Tried) => {
      tried.push(one);
      if (tried.length % TELLS_EVERY === 0) say(`${tried.length} of ${points.length} tried`);
      for (const problem of one.problems) say(problem);
    };
    const dataset = Math.max(...begun.map((one) => one.dataset));
    const common = { spec, kinds, dataset, next: () => left.shift(), onTried };
    const running = Array.from({ length: lanes }, (_, index) => runLane({ ...common, stage: begun[index]?.stage }));
    // Each lane MUST end by itself: its stopped processes would stay.
    const failures = (await Promise.allSettled(running)).flatMap((lane) =>
      lane.status === 'rejected' ? String(lane.reason) : [],
    );
    return result(tried, [...problems, ...failures, ...left.map((point) => `not tried: ${nameOf(point)}`)]);
  },
};

async function begin(spec: RedisServerSpec, kinds: Kinds) {
  const stage = await createWarmStage(spec, kinds);
  try {
    const { recording, answers } = await recordRun(stage, kinds);
    const violations = await check(stage, { answers, crash: NO_CRASH });
    const problems = violations.map(({ invariant, what }) => `without a fault: ${invariant}: ${what}`);
    return { stage, recording, dataset: await datasetBytes(stage), problems };
  } catch (error) {
    await stage.close();
    throw error;
  }
}

function result(tried: readonly Tried[], problems: readonly string[]): RunResult {
  const sum = (count: (one: Tried) => number) => tried.reduce((total, one) => total + count(one), 0);
  const figures: Partial<Figures> = {
    sent: sum(({ answers }) => answers?.requests ?? 0),
    acked: sum(({ answers }) => answers?.acked.size ?? 0),
    delivered: sum(({ taken, repeats }) => taken - repeats),
    duplicates: sum(({ repeats }) => repeats),
    lost: sum((one) => one.problems.filter((problem) => problem.includes('NO_LOST_FANOUT')).length),
  };
  return { figures, problems: [...problems, ...tried.flatMap((one) => one.problems)], notes: tally(tried) };
}
