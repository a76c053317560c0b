import { homeShardOf, shardOf } from '@ringback/contracts';
import { readClaim } from '@ringback/ledger';
import type { CallbackStory, FoundCallback, HistoryStore } from '@ringback/history';
import { type Missing, type Places, shardName } from '../places.ts';
import { refId } from '../search/found.ts';
import { type LiveDelivery, lookOn } from '../trace/look-in-redis.ts';

/** Of one callback. `notAsked`: outputs of which it cannot be said. */
export type Moving = { readonly onItsWay: ReadonlySet<string>; readonly notAsked: ReadonlySet<string> };

/** By `refId`. It asks only for deliveries that the history shows as waiting or parked. */
export type FindMoving = (rows: readonly FoundCallback[], wanted: readonly string[]) => Promise<ReadonlyMap<string, Moving>>;

type Options = {
  readonly store: Pick<HistoryStore, 'stories'> & { readonly rest: Pick<HistoryStore['rest'], 'find'> };
  readonly places: Pick<Places, 'shardCount' | 'shards'>;
  readonly outputs: readonly { readonly name: string; readonly limited: boolean }[];
  /** Takes up what does not answer. */
  readonly missing: Missing;
};

const AT_ONCE = 50;
const MOST_RESTING = 100;
/** What the ledger says of a run that has left the queues and what is parked. */
const GONE = new Set(['delivered', 'dropped', 'dead', 'returned']);

/**
 * Where deliveries really stand. The history alone does not tell: after a gap, what was delivered may be waiting there
 * for good.
 */
export function createFindMoving(options: Options): FindMoving {
  const { store } = options;
  return async (rows, wanted) => {
    const unsure = rows.filter((row) => unsureOf(row, wanted).length > 0);
    const found = new Map<string, Moving>();
    for (let from = 0; from < unsure.length; from += AT_ONCE) {
      const stories = await store.stories(unsure.slice(from, from + AT_ONCE));
      const looks = stories.map(async (story) => {
        found.set(refId(story), await movingOf(story, unsureOf(story, wanted), options));
      });
      await Promise.all(looks);
    }
    return found;
  };
}

function unsureOf({ deliveries }: FoundCallback, wanted: readonly string[]): string[] {
  const unsure = deliveries.filter(({ state, output }) => (state === 'waiting' || state === 'parked') && wanted.includes(output));
  return unsure.map(({ output }) => output);
}

async function movingOf(story: CallbackStory, unsure: readonly string[], options: Options): Promise<Moving> {
  const looks = unsure.map(async (output) => ({ output, moving: await isMoving(story, output, options) }));
  const looked = await Promise.all(looks);
  const those = (wanted: boolean | undefined) =>
    new Set(looked.filter(({ moving }) => moving === wanted).map(({ output }) => output));
  return { onItsWay: those(true), notAsked: those(undefined) };
}

/** Undefined: what holds it cannot be asked. */
async function isMoving(story: CallbackStory, output: string, options: Options): Promise<boolean | undefined> {
  const first = await inRedis(story, output, options);
  if (first === undefined) return undefined;
  if (stands(first)) return true;
  const rests = await isParked(story, output, { gone: goneOf(first), ...options });
  if (rests !== false) return rests;
  // What was parked may have returned between the two looks.
  if (!first.some(({ live }) => live.outcome === 'parked')) return false;
  const again = await inRedis(story, output, options);
  return again && stands(again);
}

type Looked = { readonly batch: string; readonly live: LiveDelivery };

const stands = (looked: readonly Looked[]) =>
  looked.some(({ live: { standing } }) => standing !== undefined && standing.at !== 'dead letter');

const goneOf = (looked: readonly Looked[]) =>
  new Set(looked.filter(({ live }) => GONE.has(live.outcome ?? '')).map(({ batch }) => batch));

/** On the shard of the callback, and where a rate limit counts. Undefined: one of them does not answer. */
async function inRedis({ key, batch, actions }: CallbackStory, output: string, options: Options): Promise<Looked[] | undefined> {
  const { places, outputs, missing } = options;
  const { shardCount } = places;
  const limited = outputs.some(({ name, limited: is }) => is && name === output);
  const numbers = new Set([shardOf(key, shardCount), ...(limited ? [homeShardOf(output, shardCount)] : [])]);
  // Each replay is a batch of its own, which its action is named for.
  const replays = actions.map(({ id }) => id).filter((id) => id.startsWith('replay.'));
  const looks = [...numbers].map(async (number) => {
    const shard = places.shards.find((one) => one.number === number);
    if (shard === undefined) return undefined;
    return missing.ask(shardName(places, number), async () => {
      const claimed = await readClaim(shard, key);
      const batches = new Set([batch, ...(claimed === undefined ? [] : [claimed]), ...replays]);
      const ofBatches = [...batches].map(async (one) =>
        (await lookOn(shard, { key, batch: one }, [output])).map((live): Looked => ({ batch: one, live })),
      );
      return (await Promise.all(ofBatches)).flat();
    });
  });
  const all = await Promise.all(looks);
  return all.includes(undefined) ? undefined : all.flatMap((looked) => looked ?? []);
}

type Parked = Options & { readonly gone: ReadonlySet<string> };

async function isParked(story: CallbackStory, output: string, { store, missing, gone }: Parked): Promise<boolean | undefined> {
  const filter = { kinds: ['parked'], output, id: story.key } as const;
  const entries = await missing.ask('history', () => store.rest.find(filter, { limit: MOST_RESTING }));
  return entries?.some(({ key, batch }) => key === story.key && (batch === undefined || !gone.has(batch)));
}
