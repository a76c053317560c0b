import { setTimeout as delay } from 'node:timers/promises';
import type { Config } from '@ringback/config';
import type { HistoryStore } from '@ringback/history';
import {
  type CallbackFilter,
  createFindMoving,
  createMissing,
  createReplayState,
  historyFilterOf,
  replay,
  type Places,
  type ReplayTarget,
  surveyReplay,
} from '@ringback/operations';
import { redisClock } from '@ringback/redis';
import { requireOutput } from '../outputs/known-output.ts';
import type { Env } from '../reach/load-settings.ts';
import { person } from '../reach/tell-history.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { withHistory } from '../reach/with-history.ts';
import { withPlaces } from '../reach/with-places.ts';
import { type Reached, withRedis } from '../reach/with-redis.ts';
import { openReplayPlaces } from './places.ts';
import { createProgressBar } from './progress.ts';
import { tellResult, tellSurvey } from './text.ts';

/** More are replayed only with `yes`. */
const MOST_UNASKED = 100;

export type RunReplay = {
  readonly filter: CallbackFilter;
  /** Absent: by today's routes. */
  readonly to: readonly string[] | undefined;
  readonly id: string;
  readonly newId: boolean;
  readonly dryRun: boolean;
  readonly yes: boolean;
  readonly rate?: number | undefined;
  readonly json: boolean;
  readonly config: string | undefined;
  readonly env: Env;
  readonly terminal: Terminal;
};

/** True if it did what was asked. @throws RingbackError as `withHistory`, `withRedis` and `replay` */
export function runReplay(options: RunReplay): Promise<boolean> {
  return withHistory(options, async ({ settings, history }) => {
    const { to, filter: given, dryRun, yes, terminal } = options;
    for (const name of to ?? [])
      requireOutput(
        name,
        settings.outputs.map((output) => output.name),
      );
    const target = to === undefined ? { routes: settings.routes } : { to };
    const filter = historyFilterOf(given) ?? {};
    const tooMany = !yes && !dryRun && (await history.count(filter)) > MOST_UNASKED;
    if (dryRun || tooMany) {
      const allAsked = await survey({ ...options, filter, target });
      if (tooMany) terminal.err(`nothing is replayed: these are more than ${MOST_UNASKED}. Say --yes to do it`);
      return dryRun && allAsked;
    }
    return withRedis(options, (reached) => run({ ...options, filter, target, history, settings, reached }));
  });
}

/** True if all could be asked. Makes do with the history alone. */
function survey(options: Omit<Running, 'history' | 'settings' | 'reached'>): Promise<boolean> {
  const { filter, target, terminal } = options;
  return withPlaces(options, async ({ settings, places, away, requireHistory }) => {
    const history = requireHistory();
    const missing = createMissing(away);
    const findMoving = createFindMoving({ store: history, places, outputs: outputsOf(settings), missing });
    const surveyed = await surveyReplay(history, { filter, target, findMoving });
    tellSurvey(surveyed, options);
    if (surveyed.notAsked > 0) tellMissing(missing.all(), terminal);
    return surveyed.notAsked === 0;
  });
}

const outputsOf = ({ outputs }: Config) =>
  outputs.map(({ name, delivery }) => ({ name, limited: delivery.rateLimit !== undefined }));

const tellMissing = (reasons: readonly string[], terminal: Terminal) =>
  reasons.forEach((reason) => terminal.err(`missing: ${reason}`));

type Running = Omit<RunReplay, 'filter'> & {
  readonly filter: NonNullable<ReturnType<typeof historyFilterOf>>;
  readonly target: ReplayTarget;
  readonly history: HistoryStore;
  readonly settings: Config;
  readonly reached: Reached;
};

async function run(options: Running): Promise<boolean> {
  const { id, settings, reached, history, terminal } = options;
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const { places, room, close } = await openReplayPlaces(reached, stop.signal);
  const bar = createProgressBar({ stream: process.stderr, now: () => performance.now() });
  try {
    const [home] = places;
    if (home === undefined) throw new RangeError('an installation has a shard');
    const clock = redisClock(home.redis);
    await clock.measure();
    terminal.err(`replay ${id}. If it is interrupted: the same command with --replay-id ${id}`);
    const outputs = outputsOf(settings);
    const missing = createMissing();
    const asked: Pick<Places, 'shardCount' | 'shards'> = { shardCount: reached.count, shards: places };
    const result = await replay({
      ...options,
      store: history,
      places,
      room,
      // What it may take is gone from the history by then.
      state: createReplayState({ ...home, id, liveMs: settings.history?.keep ?? 0 }),
      outputs,
      findMoving: createFindMoving({ store: history, places: asked, outputs, missing }),
      by: person(),
      now: clock.now,
      sleep: (ms) => delay(ms, undefined, { signal: stop.signal }).catch(() => {}),
      stopping: () => stop.signal.aborted,
      onProgress: bar.show,
    });
    bar.end();
    tellMissing(missing.all(), terminal);
    return tellResult(result, options);
  } finally {
    close();
  }
}
