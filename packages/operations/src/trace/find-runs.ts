import { ALERTS, type Callback, callbackKey, type Subjects } from '@ringback/contracts';
import type { CallbackStory } from '@ringback/history';
import { findCallbacks } from '@ringback/queue';
import { alertBatch } from '../alerts/notice.ts';
import { type Missing, type Places, shardName } from '../places.ts';
import type { Pieces } from './compose.ts';
import type { LookInRedis } from './look-in-redis.ts';

/** Batches that no worker has dispatched yet, in each shard: the newest. */
const BATCHES_LOOKED_AT = 500;

export type Run = Pick<Pieces, 'key' | 'live' | 'identity'>;

type Search = {
  readonly id: string;
  readonly stories: readonly CallbackStory[];
  readonly redis: LookInRedis;
  readonly places: Places;
  readonly accounts: readonly { readonly source: string; readonly account: string }[];
  readonly subjectsOf: (callback: Callback) => Subjects;
  readonly missing: Missing;
};

/** By any of its ids. */
export function isNamed(id: string, key: string, callback: { readonly id: string }, subjects: Subjects): boolean {
  const { task, userTask, order, call } = subjects;
  return [callback.id, key, `msg_${key}`, task, userTask, order, call].includes(id);
}

/** What Redis has: of each story, and of what is in no story yet. */
export async function findRuns(search: Search): Promise<Run[]> {
  const { stories, redis } = search;
  const ofStories = await Promise.all(stories.map(async ({ key, batch }) => ({ key, live: await redis.look(key, batch) })));
  const known = new Set(stories.map(({ key, batch }) => `${key} ${batch}`));
  const claimed = await Promise.all(
    candidatesOf(search).map(async ({ key, identity }): Promise<Run | undefined> => {
      const batch = await redis.claim(key);
      if (batch === undefined || known.has(`${key} ${batch}`)) return undefined;
      return { key, identity, live: await redis.look(key, batch) };
    }),
  );
  const alert = await alertNamed(search, known);
  const found = [...ofStories, ...[...claimed, alert].flatMap((run) => run ?? [])];
  return found.length > 0 ? found : notDispatched(search);
}

/** Every callback that a requestID may name, or the one of a key. */
function candidatesOf({ id, accounts }: Search): Run[] {
  const byRequestID = accounts.map(({ source, account }) => {
    const identity = { id, source, account };
    return { key: callbackKey(identity), identity };
  });
  const key = id.replace(/^msg_/, '');
  return /^[\w-]{22}$/.test(key) ? [...byRequestID, { key }] : byRequestID;
}

/** An alert of ours is in no account of the settings, and no batch claimed it: its batch is known by its id. */
async function alertNamed({ id, redis }: Search, known: ReadonlySet<string>): Promise<Run | undefined> {
  const identity = { id, source: ALERTS.source, account: ALERTS.account };
  const [key, batch] = [callbackKey(identity), alertBatch(identity)];
  if (known.has(`${key} ${batch}`)) return undefined;
  const live = await redis.look(key, batch);
  return live && live.deliveries.length > 0 ? { key, identity, live } : undefined;
}

async function notDispatched({ id, places, subjectsOf, missing }: Search): Promise<Run[]> {
  const fits = (callback: Callback) => isNamed(id, callbackKey(callback), callback, subjectsOf(callback));
  const looks = places.shards.map((shard) =>
    missing.ask(shardName(places, shard.number), () => findCallbacks(shard, { fits, most: BATCHES_LOOKED_AT })),
  );
  const found = (await Promise.all(looks)).flatMap((look) => look?.found ?? []);
  return found.map((queued) => {
    const key = callbackKey(queued.callback);
    return { key, live: { key, batch: queued.batch, queued, deliveries: [] } };
  });
}
