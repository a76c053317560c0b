import type { Callback, Subjects } from '@ringback/contracts';
import { type CallbackStory, type HistoryRows, NO_ROWS, type Resting } from '@ringback/history';
import type { KeptStore } from '@ringback/queue';
import { cleanId } from '../filter.ts';
import { createMissing, type Missing, type Places, shardName, type ShardPlace } from '../places.ts';
import { newestFirst } from '../search/found.ts';
import { compose, type Pieces } from './compose.ts';
import type { TodaysRoutes } from './explain-fate.ts';
import { findRuns, isNamed, type Run } from './find-runs.ts';
import { createLookInRedis } from './look-in-redis.ts';
import { callbackAtRest, type FoundResting, restingInHistory, restingInRedis } from './resting.ts';
import { findStories, withUnwritten } from './stories.ts';
import { openedPieces } from './opened.ts';
import type { Traced } from './traced.ts';

export type TraceOptions = {
  /** Any id, as it was typed. */
  readonly id: string;
  /** Callbacks at most, the newest first. */
  readonly limit: number;
  readonly places: Places;
  /** Of the settings: a requestID alone does not name a callback. */
  readonly accounts: readonly { readonly source: string; readonly account: string }[];
  readonly outputs: readonly { readonly name: string; readonly limited: boolean }[];
  readonly today: TodaysRoutes;
  readonly quarantine: Pick<KeptStore, 'find'> | undefined;
  /** Opens a body that is encrypted. */
  readonly open: Parameters<typeof openedPieces>[1];
  readonly subjectsOf: (callback: Callback) => Subjects;
  /** What is on its way from a shard to the history. */
  readonly unwritten: (shard: ShardPlace) => Promise<HistoryRows>;
  /** The settings have none. */
  readonly historyOff: boolean;
  /** What is known to be away, in words. */
  readonly away: readonly string[];
};

export type TraceResult = {
  readonly found: readonly Traced[];
  /** There are more than the limit. */
  readonly more: boolean;
  /** For a person who gets nothing. */
  readonly lookedAt: readonly string[];
  /** What could not be asked, and why. */
  readonly missing: readonly string[];
};

/** The whole story of what an id names: from the history, and from Redis for what is under way. */
export async function trace(options: TraceOptions): Promise<TraceResult> {
  const { limit, places, today, away } = options;
  const missing = createMissing(away);
  const id = withoutReplay(cleanId(options.id));
  const redis = createLookInRedis({ ...options, missing });

  const stored = await findStories({ id }, { history: places.history, missing, limit });
  const stories = withUnwritten(stored.stories, await unwrittenOf(id, stored.stories, options, missing));
  const runs = await findRuns({ ...options, id, stories, redis, missing });
  const { resting, deliveries } = await findResting({ ...options, id, stories, runs, missing });
  const pieces = join({ stories, runs, resting, deliveries }).map((one) => openedPieces(one, options.open));
  const notes = missing.all().length > 0 ? ['not everything could be asked: see what is missing'] : [];
  const none = options.historyOff
    ? ['there is no history in the settings: attempts, and what ended, are known only as far as Redis has them']
    : [];
  const found = pieces.map((one) => compose(one, { today, notes: [...notes, ...none] }));
  return {
    found: found.slice(0, limit),
    more: stored.more || found.length > limit,
    lookedAt: lookedAt(options),
    missing: missing.all(),
  };
}

/** `msg_<key>_<replay>` is what a replay under a new id has as webhook-id. */
function withoutReplay(id: string): string {
  return /^msg_[\w-]{22}(?=_)/.exec(id)?.[0] ?? id;
}

type Search = TraceOptions & { readonly stories: readonly CallbackStory[]; readonly missing: Missing };

async function unwrittenOf(
  id: string,
  stories: readonly CallbackStory[],
  options: TraceOptions,
  missing: Missing,
): Promise<HistoryRows> {
  const { places, unwritten } = options;
  const all = await Promise.all(
    places.shards.map((shard) => missing.ask(shardName(places, shard.number), () => unwritten(shard))),
  );
  const rows = all.map((one) => one ?? NO_ROWS);
  const keys = new Set(stories.map(({ key }) => key));
  const own = rows
    .flatMap(({ callbacks }) => callbacks)
    .filter((row) => keys.has(row.key) || isNamed(id, row.key, row, row.subjects));
  return {
    ...NO_ROWS,
    callbacks: own,
    deliveries: rows.flatMap((one) => one.deliveries),
    attempts: rows.flatMap((one) => one.attempts),
    actions: rows.flatMap((one) => one.actions),
  };
}

async function findResting({ id, stories, runs, places, quarantine, missing }: Search & { readonly runs: readonly Run[] }) {
  const keys = [...stories, ...runs].map(({ key }) => key);
  const requestIDs = [
    ...stories.map((story) => story.id),
    ...runs.flatMap(({ live, identity }) => live?.queued?.callback.id ?? identity?.id ?? []),
  ];
  const context = { history: places.history, quarantine, missing };
  const [stored, kept] = await Promise.all([
    restingInHistory([...new Set([id.replace(/^msg_/, ''), ...keys])], context),
    restingInRedis([...new Set([id, ...requestIDs])], context),
  ]);
  const atRest = stored.flatMap((entry) => callbackAtRest(entry) ?? []);
  return {
    resting: [...kept, ...atRest],
    deliveries: stored.filter((entry) => callbackAtRest(entry) === undefined),
  };
}

type Found = {
  readonly stories: readonly CallbackStory[];
  readonly runs: readonly Run[];
  readonly resting: readonly FoundResting[];
  readonly deliveries: readonly Resting[];
};

/** The newest first. What rests belongs to the newest callback of its key. */
function join({ stories, runs, resting, deliveries }: Found): Pieces[] {
  const withStory = stories.map((story) => {
    const run = runs.find(({ key, live }) => key === story.key && live?.batch === story.batch);
    return { key: story.key, story, live: run?.live };
  });
  const used = new Set(withStory.map(({ live }) => live));
  const others = runs.filter(({ live }) => live !== undefined && !used.has(live));
  const keys = new Set([...others, ...withStory].map(({ key }) => key));
  const alone = [...new Set([...resting.map(({ key }) => key), ...deliveries.map(({ key }) => key)])].filter(
    (key) => !keys.has(key),
  );
  const all = [...others, ...withStory.toSorted((a, b) => newestFirst(a.story, b.story)), ...alone.map((key) => ({ key }))];
  const seen = new Set<string>();
  return all.map((one) => {
    const own = seen.has(one.key) ? [] : resting.filter(({ key }) => key === one.key);
    seen.add(one.key);
    return { ...one, resting: own, deliveriesAtRest: deliveries };
  });
}

function lookedAt({ places, accounts, quarantine }: TraceOptions): string[] {
  const shards =
    places.shards.length === places.shardCount ? 'Redis' : `Redis (${places.shards.length} of ${places.shardCount} shards)`;
  return [
    ...(places.history ? ['the history, by any id'] : []),
    ...(places.shards.length > 0
      ? [`${shards}, by requestID (of ${accounts.length} accounts of the settings), webhook-id and key`]
      : []),
    ...(quarantine ? ['quarantine, by requestID'] : []),
  ];
}
