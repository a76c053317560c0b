import { execFileSync } from 'node:child_process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Inputs MUST NOT make it grow. */
export type Memory = {
  readonly name: string;
  /** MiB. */
  readonly inUse: () => number;
  /** MiB. */
  readonly mayGrow: number;
};

const MiB = 1024 ** 2;
const round = (mebibytes: number) => Math.round(mebibytes * 10) / 10;

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

/** After a garbage collection. */
export const ownHeap: Memory = {
  name: 'the heap',
  inUse() {
    collectGarbage();
    return round(process.memoryUsage().heapUsed / MiB);
  },
  mayGrow: 16,
};

/** RSS, garbage included: the process MUST have a small heap limit. */
export function residentMemory(pid: number): Memory {
  const inUse = () => round(Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)])) / 1024);
  return { name: 'the memory of the ingress', inUse, mayGrow: 24 };
}
