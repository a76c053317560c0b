import { callbackKey, homeShardOf } from '@ringback/contracts';
import { createLedger, type Outcome, readClaim } from '@ringback/ledger';
import { findCallbacks, findDelivery, knownOutputs, type StandingCallback, type StandingDelivery } from '@ringback/queue';
import { type Missing, placeOf, type Places, shardName, type ShardPlace } from '../places.ts';

export type LiveDelivery = {
  readonly output: string;
  readonly outcome?: Outcome | undefined;
  readonly standing?: StandingDelivery | undefined;
};

/** What Redis knows of one run of a callback through the queues. */
export type Live = {
  readonly key: string;
  readonly batch: string;
  /** Its batch is not done yet. */
  readonly queued?: StandingCallback | undefined;
  readonly deliveries: readonly LiveDelivery[];
};

export type LookInRedis = {
  /** The batch that claimed it. Undefined: none, the dedupe window is over, or its shard is away. */
  claim(key: string): Promise<string | undefined>;
  /** Undefined: its shard is away. */
  look(key: string, batch: string): Promise<Live | undefined>;
};

type Options = {
  readonly places: Places;
  /** Of the settings. `limited`: a rate limit counts it on its home shard. */
  readonly outputs: readonly { readonly name: string; readonly limited: boolean }[];
  readonly missing: Missing;
};

/** Of the ledger nothing is written: the window plays no part. */
const NO_WINDOW = 0;

type Run = { readonly key: string; readonly batch: string };

/** Only what it knows something of. */
export async function lookOn(shard: ShardPlace, run: Run, names: readonly string[]): Promise<LiveDelivery[]> {
  const ledger = createLedger({ ...shard, window: NO_WINDOW });
  const looks = names.map(async (output): Promise<LiveDelivery> => {
    const [outcome] = await ledger.outcomes({ batch: run.batch, output }, [run.key]);
    const isOver = outcome === 'delivered' || outcome === 'dropped';
    return { output, outcome, standing: isOver ? undefined : await findDelivery(shard, { ...run, output }) };
  });
  return (await Promise.all(looks)).filter(({ outcome, standing }) => outcome !== undefined || standing !== undefined);
}

export function createLookInRedis({ places, outputs, missing }: Options): LookInRedis {
  const ask = <T>(shard: ShardPlace, work: () => Promise<T>) => missing.ask(shardName(places, shard.number), work);

  /** Where a rate limit counts, if that is another shard. */
  async function lookAtHome(run: Run, own: number): Promise<LiveDelivery[]> {
    const limited = outputs.filter(({ name, limited: is }) => is && homeShardOf(name, places.shardCount) !== own);
    const looks = limited.map(async ({ name }) => {
      const home = places.shards.find(({ number }) => number === homeShardOf(name, places.shardCount));
      return home && (await ask(home, () => lookOn(home, run, [name])));
    });
    return (await Promise.all(looks)).flatMap((found) => found ?? []);
  }

  return {
    async claim(key) {
      const shard = placeOf(places, key);
      return shard && ask(shard, () => readClaim(shard, key));
    },
    async look(key, batch) {
      const shard = placeOf(places, key);
      if (shard === undefined) return undefined;
      const own = await ask(shard, async () => {
        const names = new Set([...outputs.map(({ name }) => name), ...(await knownOutputs(shard))]);
        const fits = (callback: Parameters<typeof callbackKey>[0]) => callbackKey(callback) === key;
        const [deliveries, { found }] = await Promise.all([
          lookOn(shard, { key, batch }, [...names]),
          findCallbacks(shard, { batch, fits, most: 1 }),
        ]);
        return { deliveries, queued: found[0] };
      });
      if (own === undefined) return undefined;
      const elsewhere = await lookAtHome({ key, batch }, shard.number);
      return { key, batch, queued: own.queued, deliveries: [...own.deliveries, ...elsewhere] };
    },
  };
}
