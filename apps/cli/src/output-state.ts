import { outputPart } from '@ringback/config';
import { createBodies, type OutputBacklog, outputQueueState, type RunningProcess } from '@ringback/queue';
import type { Reached } from './with-redis.ts';

export type Seen = {
  readonly running: readonly RunningProcess[];
  /** ms since the epoch, by Redis's clock. */
  readonly now: number;
};

export type OutputState = {
  readonly name: string;
  readonly state: 'running' | 'paused' | 'failing' | 'no worker';
  /** Jobs by state, then what is stored by reference. */
  readonly counts: readonly number[];
  /** ms since the epoch. */
  readonly oldest: number | undefined;
  /** As `host:pid`. */
  readonly servedBy: readonly string[];
  readonly failing: string | undefined;
};

const MOST_REASONS = 3;

export async function readOutput(reached: Reached, name: string, seen: Seen, backlog: OutputBacklog): Promise<OutputState> {
  const queue = outputQueueState(name, reached);
  try {
    const [{ waiting, delayed, active, dead }, paused, oldest] = await Promise.all([
      queue.depths(),
      queue.isPaused(),
      queue.oldest(),
    ]);
    const { held, bytes, deadBytes, dropped } = backlog;
    const serving = seen.running.filter(({ app, parts }) => app === 'worker' && outputPart(name) in parts);
    const failing = failingWords(name, serving, seen.now);
    return {
      name,
      state: stateOf({ paused, served: serving.length > 0, failing: failing !== undefined }),
      counts: [waiting, delayed, active, dead, held, Math.ceil((bytes + deadBytes) / 1024), dropped],
      oldest: earliest([oldest, await oldestHeld(reached, name)]),
      servedBy: serving.map(({ host, pid }) => `${host}:${pid}`),
      failing,
    };
  } finally {
    await queue.close();
  }
}

function stateOf({ paused, served, failing }: Record<'paused' | 'served' | 'failing', boolean>): OutputState['state'] {
  if (paused) return 'paused';
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
async function oldestHeld({ redis, prefix }: Reached, name: string): Promise<number | undefined> {
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
