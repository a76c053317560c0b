import {
  createBodies,
  type OutputBacklog,
  outputQueueState,
  type QueueDepths,
  type RunningProcess,
  sumOfBacklogs,
  sumOfDepths,
} from '@ringback/queue';
import type { Installation } from '../dispatch/state.ts';
import { servingWorkers } from '../reach/serving-workers.ts';
import { pausedWords } from '../dispatch/paused-words.ts';
import type { ReachedShard } from '../reach/shards.ts';

export type Seen = Installation & {
  /** ms since the epoch, by Redis's clock. */
  readonly now: number;
};

/** What stands on one shard. */
export type OutputFacts = {
  readonly depths: QueueDepths;
  readonly paused: boolean;
  /** ms since the epoch. */
  readonly oldest: number | undefined;
  readonly backlog: OutputBacklog;
};

export type OutputState = {
  readonly name: string;
  /** `unknown`: shard 0, which knows the workers, is left out. */
  readonly state: 'running' | 'paused' | 'failing' | 'no worker' | 'unknown';
  /** Where it is paused, if only at some shards. */
  readonly pausedInPart: string | undefined;
  /** Jobs by state, then what is stored by reference. */
  readonly counts: readonly number[];
  /** ms since the epoch. */
  readonly oldest: number | undefined;
  /** As `host:pid`. Undefined: not known. */
  readonly servedBy: readonly string[] | undefined;
  readonly failing: string | undefined;
};

const MOST_REASONS = 3;

export async function readOutput(shard: ReachedShard, name: string, backlog: OutputBacklog): Promise<OutputFacts> {
  const queue = outputQueueState(name, shard);
  try {
    const [depths, paused, oldest] = await Promise.all([queue.depths(), queue.isPaused(), queue.oldest()]);
    return { depths, paused, oldest: earliest([oldest, await oldestHeld(shard, name)]), backlog };
  } finally {
    await queue.close();
  }
}

/** `facts` by the number of the shard. */
export function outputState(name: string, facts: ReadonlyMap<number, OutputFacts>, seen: Seen): OutputState {
  const all = [...facts.values()];
  const { waiting, delayed, active, dead } = sumOfDepths(all.map(({ depths }) => depths));
  const { held, bytes, deadBytes, dropped } = sumOfBacklogs(all.map(({ backlog }) => backlog));
  const serving = seen.running && servingWorkers(seen.running, name);
  const failing = serving && failingWords(name, serving, seen.now);
  const paused = pausedWords(facts, seen.count);
  return {
    name,
    state: stateOf({ paused: paused !== undefined, served: serving && serving.length > 0, failing: failing !== undefined }),
    pausedInPart: paused === 'paused' ? undefined : paused,
    counts: [waiting, delayed, active, dead, held, Math.ceil((bytes + deadBytes) / 1024), dropped],
    oldest: earliest(all.map(({ oldest }) => oldest)),
    servedBy: serving?.map(({ host, pid }) => `${host}:${pid}`),
    failing,
  };
}

type Standing = { readonly paused: boolean; readonly served: boolean | undefined; readonly failing: boolean };

function stateOf({ paused, served, failing }: Standing): OutputState['state'] {
  if (paused) return 'paused';
  if (served === undefined) return 'unknown';
  if (!served) return 'no worker';
  return failing ? 'failing' : 'running';
}

/** Workers judge by their own attempts and may differ. */
function failingWords(name: string, serving: readonly RunningProcess[], now: number): string | undefined {
  const failing = serving.flatMap(({ failing: outputs }) => outputs?.[name] ?? []).toSorted((a, b) => a.since - b.since);
  const since = failing[0]?.since;
  if (since === undefined) return undefined;
  const reasons = [...new Set(failing.map(({ reason }) => reason))].slice(0, MOST_REASONS).join('; ');
  const workers = `${failing.length} of ${serving.length} worker${serving.length === 1 ? '' : 's'}`;
  return `since ${new Date(since).toISOString()} (${age(now - since)}), at ${workers}: ${reasons}`;
}

/** The first entry is the oldest. */
async function oldestHeld({ redis, prefix }: ReachedShard, name: string): Promise<number | undefined> {
  const bodies = createBodies({ redis, prefix });
  const [id] = await bodies.held(name, 1);
  const stored = id === undefined ? undefined : await bodies.read(id, name).catch(() => undefined);
  return earliest(stored?.callbacks.map(({ receivedAt }) => receivedAt) ?? []);
}

function earliest(times: readonly (number | undefined)[]): number | undefined {
  return times.reduce((a, b) => (a === undefined || (b !== undefined && b < a) ? b : a), undefined);
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
] as const;

export function age(ms: number): string {
  const [unit, length] = UNITS.find(([, least]) => ms >= least) ?? ['s', 1000];
  return `${Math.max(0, Math.floor(ms / length))}${unit}`;
}
