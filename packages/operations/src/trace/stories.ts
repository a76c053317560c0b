import {
  type CallbackRef,
  type CallbackStory,
  type HistoryFilter,
  type HistoryRows,
  type HistoryStore,
  newerOf,
  withLastRetry,
} from '@ringback/history';
import type { Missing } from '../places.ts';
import { newestFirst, refId } from '../search/found.ts';

type Options = {
  readonly history: HistoryStore | undefined;
  readonly missing: Missing;
  readonly limit: number;
};

/** Bodies included, the newest first. `more`: there are others beyond the limit. */
export async function findStories(
  filter: HistoryFilter,
  { history, missing, limit }: Options,
): Promise<{ readonly stories: CallbackStory[]; readonly more: boolean }> {
  if (history === undefined) return { stories: [], more: false };
  const found = await missing.ask('history', async () => {
    const callbacks = await history.find(filter, { limit: limit + 1 });
    const stories = await history.stories(callbacks.slice(0, limit));
    return { stories: stories.toSorted(newestFirst), more: callbacks.length > limit };
  });
  return found ?? { stories: [], more: false };
}

/** Stories with what is on its way to the store: also of callbacks of which the store has nothing yet. */
export function withUnwritten(stories: readonly CallbackStory[], rows: HistoryRows): CallbackStory[] {
  const known = new Map(stories.map((story) => [refId(story), story]));
  for (const row of rows.callbacks) {
    if (!known.has(refId(row))) known.set(refId(row), { ...row, ...NOTHING_YET });
  }
  return [...known.values()].map((story) => addRows(story, rows)).toSorted(newestFirst);
}

const NOTHING_YET = { repeats: { duplicates: 0, conflicts: 0 }, deliveries: [], attempts: [], actions: [] };

function addRows(story: CallbackStory, rows: HistoryRows): CallbackStory {
  const own = ({ key, receivedAt }: CallbackRef) => key === story.key && receivedAt === story.receivedAt;
  const seen = new Set(story.attempts.map(attemptId));
  const attempts = rows.attempts.filter((row) => own(row) && !seen.has(attemptId(row)));
  const deliveries = new Map(story.deliveries.map((row) => [row.output, row]));
  for (const row of rows.deliveries.filter(own)) {
    const other = deliveries.get(row.output);
    deliveries.set(row.output, other === undefined ? row : newerOf(row, other));
  }
  const actions = rows.actions.filter(({ id, callbacks }) => callbacks.some(own) && story.actions.every((one) => one.id !== id));
  const all = [...story.attempts, ...attempts].toSorted((a, b) => a.at - b.at || a.number - b.number);
  return {
    ...story,
    deliveries: [...deliveries.values()].map((row) => withLastRetry(row, all)),
    attempts: all,
    actions: [...story.actions, ...actions],
  };
}

const attemptId = ({ output, number, at }: CallbackStory['attempts'][number]) => `${output} ${number} ${at}`;
