import type { Random } from '../random.ts';
import type { Trial } from './in-process.ts';
import { type Memory, ownHeap } from './memory.ts';

export type TrialsResult = {
  readonly inputs: number;
  readonly perSecond: number;
  /** ms, of one input. */
  readonly slowest: number;
  /** MiB, at intervals. */
  readonly memory: readonly number[];
  readonly problems: readonly string[];
};

export type TrialsOptions = {
  readonly trial: Trial;
  readonly inputs: number;
  readonly random: Random;
  /** Default: this process's heap. */
  readonly memory?: Memory;
  readonly onProgress: (done: number) => void;
};

const INTERVALS = 10;
const MAX_MS = 1000;
const MAX_PROBLEMS = 20;

/** Stops at twenty problems. */
export async function runTrials({ trial, inputs, random, onProgress, memory = ownHeap }: TrialsOptions): Promise<TrialsResult> {
  const problems: string[] = [];
  const measured: number[] = [];
  const started = performance.now();
  let [done, slowest] = [0, 0];
  for (; done < inputs && problems.length < MAX_PROBLEMS; done += 1) {
    const before = performance.now();
    const problem = await tryOne(trial, random);
    slowest = Math.max(slowest, performance.now() - before);
    if (problem !== undefined) problems.push(`input ${done}: ${problem}`);
    if ((done + 1) % Math.ceil(inputs / INTERVALS) === 0) {
      measured.push(memory.inUse());
      onProgress(done + 1);
    }
  }
  // Without the first measurement: caches still fill.
  const growth = (measured.at(-1) ?? 0) - (measured[1] ?? Infinity);
  if (growth > memory.mayGrow) problems.push(`${memory.name} grew by ${growth.toFixed(1)} MiB: ${measured.join(', ')}`);
  if (slowest > MAX_MS) problems.push(`one input took ${Math.round(slowest)} ms`);
  const perSecond = Math.round((done / (performance.now() - started)) * 1000);
  return { inputs: done, perSecond, slowest: Math.round(slowest), memory: measured, problems };
}

async function tryOne(trial: Trial, random: Random): Promise<string | undefined> {
  try {
    const verdict = trial(random);
    // Awaiting a plain value costs more than many inputs.
    return verdict instanceof Promise ? await verdict : verdict;
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}
