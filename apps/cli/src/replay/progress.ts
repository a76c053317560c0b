import type { ReplayProgress } from '@ringback/operations';
import { leftOutIn, queuedIn } from './text.ts';

const WIDTH = 30;
const LINE_EVERY_MS = 5000;

export type ProgressBar = { readonly show: (progress: ReplayProgress) => void; readonly end: () => void };

type Options = {
  /** A terminal gets one line that changes. */
  readonly stream: { readonly isTTY?: boolean; readonly write: (text: string) => unknown };
  /** Monotonic, ms. */
  readonly now: () => number;
};

export function createProgressBar({ stream, now }: Options): ProgressBar {
  let [shownAt, shown] = [Number.NEGATIVE_INFINITY, ''];
  const onTerminal = stream.isTTY === true;
  return {
    show(progress) {
      const text = lineOf(progress);
      if (text === shown || (!onTerminal && now() - shownAt < LINE_EVERY_MS && progress.done < progress.total)) return;
      [shownAt, shown] = [now(), text];
      stream.write(onTerminal ? `\r\u001B[K${barOf(progress)} ${text}` : `${text}\n`);
    },
    end: () => void (onTerminal && shown !== '' && stream.write('\n')),
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
