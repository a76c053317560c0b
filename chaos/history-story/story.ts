import type { Run, RunOptions, RunResult } from '../scenario.ts';
import { QUESTIONS, type Told } from './ask.ts';
import { makeTraffic } from './callbacks.ts';
import { sendTraffic } from './send-traffic.ts';
import { type OnClose, openStage } from './stage.ts';

/** Bodies that are alike take a fifth of their bytes: the bound is well below what the middle third would hold. */
const SIZES = {
  full: { callbacks: 50_000, maxMemory: '64mb', backlog: { max: '1MiB' }, connections: 64, withinMs: 240_000 },
  short: { callbacks: 1800, maxMemory: '64mb', backlog: { max: '64KiB' }, connections: 32, withinMs: 120_000 },
} as const;

/** Random bytes in each body. */
const NOISE = 1024;

/** docs/history.md tells it. */
export const historyStory: Run = {
  name: 'history-story',
  breaks:
    'a CRM is dead for the middle third of three tasks, with a small Redis and storms of duplicates; afterwards the history answers what a person asks',
  loss: 'zero',
  run: (options) => tellStory({ ...options, onCommand: () => {} }),
};

/** Bodies that do not compress, so that the default bound is passed. */
export const historyStoryDefaults: Run = {
  name: 'history-story-defaults',
  breaks: 'the same with the default backlog, and with bodies that do not compress',
  loss: 'zero',
  run: (options) => tellStory({ ...options, onCommand: () => {}, byDefault: true }),
};

type StoryOptions = Pick<RunOptions, 'size' | 'spec' | 'say'> & {
  readonly onCommand: (args: readonly string[]) => void;
  readonly byDefault?: boolean;
};

export async function tellStory({ size, spec, say, onCommand, byDefault = false }: StoryOptions): Promise<RunResult> {
  const { callbacks, maxMemory, backlog, connections, withinMs } = SIZES[size];
  const closers: (() => Promise<unknown>)[] = [];
  const onClose: OnClose = (closer) => void closers.push(closer);
  try {
    const stage = await openStage({ spec, maxMemory, onCommand, ...(!byDefault && { backlog }) }, onClose);
    const traffic = makeTraffic(callbacks, { noise: byDefault ? NOISE : 0 });
    const course = await sendTraffic(stage, traffic, { connections, arrivesWithinMs: withinMs });
    say(`${course.requests} requests, ${course.parked} deliveries parked`);
    const problems = await askAll({ stage, traffic, course, withinMs }, say);
    const figures = { sent: course.requests, refused: course.refused, callbacks: traffic.requestIDs.length };
    return { figures, problems, notes: [] };
  } finally {
    for (const closer of closers.toReversed()) await closer();
  }
}

/** What one question says MUST NOT keep the others from being asked. */
async function askAll(told: Told, say: (line: string) => void): Promise<string[]> {
  const problems: string[] = [];
  for (const [name, ask] of Object.entries(QUESTIONS)) {
    const found = await Promise.resolve()
      .then(() => ask(told))
      .catch((error: unknown) => [error instanceof Error ? error.message : String(error)]);
    say(`${name}: ${found.length === 0 ? 'yes' : 'no'}`);
    problems.push(...found.map((problem) => `${name}: ${problem}`));
  }
  return problems;
}
