import type { ReplayProgress } from '@ringback/operations';
import { createProgressLine, type ProgressOptions } from '../terminal/progress-line.ts';
import { leftOutIn, queuedIn } from './text.ts';

const WIDTH = 30;

export type ProgressBar = { readonly show: (progress: ReplayProgress) => void; readonly end: () => void };

export function createProgressBar(options: ProgressOptions): ProgressBar {
  const { show, end } = createProgressLine(options);
  return {
    show: (progress) => show(lineOf(progress), { bar: `${barOf(progress)} `, isLast: progress.done >= progress.total }),
    end,
  };
}

function lineOf({ total, done, counts, waiting }: ReplayProgress): string {
  const percent = total === 0 ? 100 : Math.floor((100 * done) / total);
  const queued = `${queuedIn(counts)} deliveries queued, ${leftOutIn(counts)} left out`;
  return `${done} of ${total} callbacks looked at (${percent} %), ${queued}${waiting === undefined ? '' : `; waits: ${waiting}`}`;
}

function barOf({ total, done }: ReplayProgress): string {
  const full = total === 0 ? WIDTH : Math.floor((WIDTH * done) / total);
  return `[${'#'.repeat(full)}${'.'.repeat(WIDTH - full)}]`;
}
