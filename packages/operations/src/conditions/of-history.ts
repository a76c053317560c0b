import type { Find } from './condition.ts';

const LAG_MS = 300_000;
const GAP_SHOWN_MS = 3_600_000;

/** Redis tells it: a worker that looks for alerts does not read the history. */
export const historyGap: Find = ({ history, lately, at }) => {
  const dropped = (history.waiting ?? []).some((one) => one.dropped.callbacks + one.dropped.attempts > 0);
  const isRecent = lately?.history !== undefined && at - lately.history < GAP_SHOWN_MS;
  return dropped || isRecent
    ? [{ text: 'the history has a gap of the last hour: its buffer was full, or Redis was short of memory' }]
    : [];
};

export const historyLag: Find = ({ history, at }) => {
  const oldest = Math.min(...(history.waiting ?? []).map((one) => one.oldest ?? Infinity));
  return at - oldest < LAG_MS ? [] : [{ since: oldest, text: 'events wait to be written to the history' }];
};
