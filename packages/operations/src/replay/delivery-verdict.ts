import { callbackKey, homeShardOf, shardOf } from '@ringback/contracts';
import { readClaim } from '@ringback/ledger';
import type { CallbackStory, HistoryStore } from '@ringback/history';
import { findCallbacks } from '@ringback/queue';
import { type Missing, type Places, shardName, type ShardPlace } from '../places.ts';
import { type LiveDelivery, lookOn } from '../trace/look-in-redis.ts';

/**
 * Of a delivery that the history shows as waiting or parked. `ended`: the ledger says so. `lost`: neither Redis nor what
 * rests has it. Undefined: what holds it cannot be asked.
 */
export type DeliveryVerdict = 'onItsWay' | 'ended' | 'lost' | undefined;

export type VerdictOptions = {
  readonly store: { readonly rest: Pick<HistoryStore['rest'], 'find'> };
  readonly places: Pick<Places, 'shardCount' | 'shards'>;
  readonly outputs: readonly { readonly name: string; readonly limited: boolean }[];
  /** Takes up what does not answer. */
  readonly missing: Missing;
};

const MOST_RESTING = 100;
const ENDED: ReadonlySet<string | undefined> = new Set(['delivered', 'dropped', 'dead']);

/** What Redis knows of a run of the delivery. `queued`: its batch is to be dispatched yet. */
type Looked = { readonly batch: string; readonly live?: LiveDelivery | undefined; readonly queued: boolean };

export async function verdictOf(story: CallbackStory, output: string, options: VerdictOptions): Promise<DeliveryVerdict> {
  const first = await inRedis(story, output, options);
  if (first === undefined) return undefined;
  if (first.some(stands)) return 'onItsWay';
  const gone = new Set(first.filter(({ live }) => isGone(live)).map(({ batch }) => batch));
  const rests = await isParked(story, output, { gone, ...options });
  if (rests === undefined) return undefined;
  if (rests) return 'onItsWay';
  const told = hasEnded(story, output, first) ? 'ended' : 'lost';
  // What was parked may have returned between the two looks.
  if (!first.some(({ live }) => live?.outcome === 'parked')) return told;
  const again = await inRedis(story, output, options);
  if (again === undefined) return undefined;
  if (again.some(stands)) return 'onItsWay';
  return hasEnded(story, output, again) ? 'ended' : 'lost';
}

function stands({ live, queued }: Looked): boolean {
  if (live?.standing !== undefined) return live.standing.at !== 'dead letter';
  return queued && !ENDED.has(live?.outcome);
}

/** It has left the queues and what is parked. */
const isGone = (live: LiveDelivery | undefined) => ENDED.has(live?.outcome) || live?.outcome === 'returned';

/** By the replay that made it wait anew, if there is one: what became of earlier runs says nothing of that. */
function hasEnded({ deliveries, actions }: CallbackStory, output: string, looked: readonly Looked[]): boolean {
  const row = deliveries.find((one) => one.output === output);
  const replay = actions.find(({ id, at }) => row?.changed === true && at === row.at && isReplay(id));
  const known = looked.filter(({ batch, live }) => live !== undefined && (replay === undefined || batch === replay.id));
  const last = known.at(-1)?.live;
  return ENDED.has(last?.outcome) || last?.standing?.at === 'dead letter';
}

/** Each replay is a batch of its own, which its action is named for. */
const isReplay = (id: string) => id.startsWith('replay.');

/** On the shard of the callback, and where a rate limit counts. Undefined: one of them does not answer. */
async function inRedis(story: CallbackStory, output: string, options: VerdictOptions): Promise<Looked[] | undefined> {
  const { places, outputs, missing } = options;
  const own = shardOf(story.key, places.shardCount);
  const limited = outputs.some(({ name, limited: is }) => is && name === output);
  const numbers = new Set([own, ...(limited ? [homeShardOf(output, places.shardCount)] : [])]);
  const looks = [...numbers].map(async (number) => {
    const shard = places.shards.find((one) => one.number === number);
    return shard && missing.ask(shardName(places, number), () => lookAt(shard, story, output));
  });
  const all = await Promise.all(looks);
  return all.includes(undefined) ? undefined : all.flatMap((looked) => looked ?? []);
}

/** The replays last, in their order. */
async function lookAt(shard: ShardPlace, { key, batch, actions }: CallbackStory, output: string): Promise<Looked[]> {
  const claimed = await readClaim(shard, key);
  const replays = actions.filter(({ id }) => isReplay(id)).toSorted((a, b) => a.at - b.at);
  const dispatched = new Set([batch, ...(claimed === undefined ? [] : [claimed])]);
  const runs = new Set([...dispatched, ...replays.map(({ id }) => id)]);
  const looks = [...runs].map(async (run): Promise<Looked> => {
    const [live] = await lookOn(shard, { key, batch: run }, [output]);
    return { batch: run, live, queued: dispatched.has(run) && (await isQueued(shard, run, key)) };
  });
  return Promise.all(looks);
}

async function isQueued(shard: ShardPlace, batch: string, key: string): Promise<boolean> {
  const { found } = await findCallbacks(shard, { batch, fits: (callback) => callbackKey(callback) === key, most: 1 });
  return found.some(({ at }) => at !== 'failed');
}

type Parked = VerdictOptions & { readonly gone: ReadonlySet<string> };

async function isParked(story: CallbackStory, output: string, { store, missing, gone }: Parked): Promise<boolean | undefined> {
  const filter = { kinds: ['parked'], output, id: story.key } as const;
  const entries = await missing.ask('history', () => store.rest.find(filter, { limit: MOST_RESTING }));
  return entries?.some(({ key, batch }) => key === story.key && (batch === undefined || !gone.has(batch)));
}
