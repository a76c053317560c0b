import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Random } from '../random.ts';
import type { Trial } from './in-process.ts';

export type TrialsResult = {
  readonly inputs: number;
  readonly perSecond: number;
  /** The longest that one input took, ms. */
  readonly slowest: number;
  /** Heap in use after a garbage collection, MiB, at intervals. */
  readonly heap: readonly number[];
  readonly problems: readonly string[];
};

export type TrialsOptions = {
  readonly trial: Trial;
  readonly inputs: number;
  readonly random: Random;
  readonly onProgress: (done: number) => void;
};

const INTERVALS = 10;
/** What the heap may gain from the second measurement on: caches fill and code gets compiled before. */
const MAX_GROWTH_MIB = 16;
const MAX_MS = 1000;
const MAX_PROBLEMS = 20;
const MiB = 1024 ** 2;

/** Tries one input after the other; stops at twenty problems. */
export async function runTrials({ trial, inputs, random, onProgress }: TrialsOptions): Promise<TrialsResult> {
  const problems: string[] = [];
  const heap: number[] = [];
  const started = performance.now();
  let [done, slowest] = [0, 0];
  for (; done < inputs && problems.length < MAX_PROBLEMS; done += 1) {
    const before = performance.now();
    const problem = await tryOne(trial, random);
    slowest = Math.max(slowest, performance.now() - before);
    if (problem !== undefined) problems.push(`input ${done}: ${problem}`);
    if ((done + 1) % Math.ceil(inputs / INTERVALS) === 0) {
      heap.push(heapInUse());
      onProgress(done + 1);
    }
  }
  const growth = (heap.at(-1) ?? 0) - (heap[1] ?? Infinity);
  if (growth > MAX_GROWTH_MIB) problems.push(`the heap grew by ${growth.toFixed(1)} MiB: ${heap.join(', ')}`);
  if (slowest > MAX_MS) problems.push(`one input took ${Math.round(slowest)} ms`);
  const perSecond = Math.round((done / (performance.now() - started)) * 1000);
  return { inputs: done, perSecond, slowest: Math.round(slowest), heap, problems };
}

async function tryOne(trial: Trial, random: Random): Promise<string | undefined> {
  try {
    const verdict = trial(random);
    // Awaiting what is there already would cost more than many of the inputs.
    return verdict instanceof Promise ? await verdict : verdict;
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

function heapInUse(): number {
  collectGarbage();
  return Math.round((process.memoryUsage().heapUsed / MiB) * 10) / 10;
}
