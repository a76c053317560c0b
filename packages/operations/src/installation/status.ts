import type { Durability } from '@ringback/contracts';
import {
  type Counted,
  QUARANTINE,
  type QueueFacts,
  readQueues,
  readRouteCounts,
  type RunningProcess,
  runningProcesses,
  settingsDifference,
  sumOfRouteCounts,
  UNROUTED,
} from '@ringback/queue';
import { type Lately, lookAtRedis, newestOf, readLately, type RedisLook } from '@ringback/redis';
import { historyStatus, type WholeStatus } from '../history/status.ts';
import { type Missing, type Places, shardName } from '../places.ts';
import { askShardsOf } from './ask.ts';
import { type DispatchStatus, dispatchStatus, readDispatch } from './dispatch.ts';
import { type OutputStatus, readOutputs } from './outputs.ts';

type Rates = Readonly<Record<Counted, number>>;

/** What is known of the whole installation at one moment. What could not be asked is undefined. Times: ms since the epoch. */
export type InstallationStatus = {
  readonly at: number;
  /**
   * Ingresses first, and the oldest first. Undefined: shard 0 does not answer, or takes no
   * writes and names none. If it takes no writes, this may show the last state told (`toldAt`).
   */
  readonly processes: readonly RunningProcess[] | undefined;
  /** Sums over all processes, a second. */
  readonly rates: Rates | undefined;
  readonly dispatch: DispatchStatus;
  readonly outputs: readonly OutputStatus[];
  /** In Redis, and with `history.resting` in the history as well, together. */
  readonly kept: { readonly deadLetters: number; readonly quarantined: number; readonly unrouted: number } | undefined;
  /** By name of the route; and what was lost because the quarantine was full. */
  readonly routes: ReturnType<typeof sumOfRouteCounts> | undefined;
  /** When something was lost, unrouted or dropped last. */
  readonly lately: Lately | undefined;
  readonly redis: readonly (RedisLook & { readonly shard: number })[];
  /** How many shards the settings name. */
  readonly shards: number;
  /** Callbacks that ingresses keep on disk. */
  readonly spooled: number | undefined;
  readonly history: WholeStatus;
  readonly difference:
    | {
        readonly ingress?: ReturnType<typeof settingsDifference>;
        readonly worker?: ReturnType<typeof settingsDifference>;
      }
    | undefined;
};

export type StatusOptions = {
  /** Names of the outputs of the settings. Undefined: these cannot be used. */
  readonly outputs: readonly string[] | undefined;
  readonly durability: Durability;
  readonly missing: Missing;
  /** ms since the epoch. */
  readonly now: () => number;
};

/** Asks everything at once. What does not answer is named in `missing`. */
export async function readStatus(places: Places, options: StatusOptions): Promise<InstallationStatus> {
  const { outputs, missing } = options;
  const askShards = askShardsOf(places, missing);
  const [told, redis] = await Promise.all([
    askHome(places, missing),
    askShards((shard) => lookAtRedis({ ...shard, ...options })),
  ]);
  const isTold = redis.get(0)?.refusal === undefined;
  const processes = isTold || told?.length !== 0 ? told : undefined;
  const running = isTold || told?.some(({ app }) => app === 'worker') ? told : undefined;
  const history = await historyStatus(places, { missing, now: options.now() });
  const [dispatch, states, kept, routes, lately] = await Promise.all([
    askShards(readDispatch),
    readOutputs({ askShards, outputs, running, resting: history.resting }),
    askShards((shard) => readQueues(shard, [QUARANTINE, UNROUTED])),
    askShards(readRouteCounts),
    askShards(readLately),
  ]);
  return {
    at: options.now(),
    processes,
    rates: isTold && processes ? sumOfRates(processes) : undefined,
    dispatch: dispatchStatus(dispatch, running),
    outputs: states,
    kept: keptOf({ dispatch, outputs: states, kept, history }),
    routes: routes.size === 0 ? undefined : sumOfRouteCounts([...routes.values()]),
    lately: lately.size === 0 ? undefined : newestOf([...lately.values()]),
    redis: [...redis].map(([shard, look]) => ({ shard, ...look })),
    shards: places.shardCount,
    spooled: processes?.reduce((sum, { state }) => sum + (state?.spooled ?? 0), 0),
    history,
    difference: processes && differencesOf(processes),
  };
}

/** What counts for the whole installation stands on shard 0. */
async function askHome(places: Places, missing: Missing): Promise<readonly RunningProcess[] | undefined> {
  const home = places.shards.find(({ number }) => number === 0);
  const running = await (home && missing.ask(shardName(places, 0), () => runningProcesses(home)));
  return running?.toSorted((a, b) => a.app.localeCompare(b.app) || a.startedAt - b.startedAt);
}

const sumOf = (counts: readonly (number | undefined)[]) => counts.reduce<number>((total, count = 0) => total + count, 0);

type Keeping = Pick<InstallationStatus, 'outputs' | 'history'> & {
  readonly dispatch: ReadonlyMap<number, QueueFacts>;
  readonly kept: ReadonlyMap<number, readonly QueueFacts[]>;
};

function keptOf({ dispatch, outputs, kept, history: { resting = [] } }: Keeping): InstallationStatus['kept'] {
  if (kept.size === 0) return undefined;
  const rests = (kind: string) => resting.reduce((sum, one) => sum + (one.kind === kind ? one.count : 0), 0);
  const stands = (place: number) => sumOf([...kept.values()].map((queues) => queues[place]?.waiting));
  const dead = [...dispatch.values(), ...outputs].map((one) => one.dead);
  return {
    deadLetters: sumOf(dead) + rests('dead-letter'),
    quarantined: stands(0) + rests('quarantine'),
    unrouted: stands(1) + rests('unrouted'),
  };
}

function sumOfRates(processes: readonly RunningProcess[]): Rates {
  const sum = (name: Counted) => processes.reduce((total, { state }) => total + (state?.rates[name] ?? 0), 0);
  const ofIngresses = { acked: sum('acked'), refused: sum('refused'), ourFault: sum('ourFault'), slow: sum('slow') };
  return {
    ...ofIngresses,
    dispatched: sum('dispatched'),
    delivered: sum('delivered'),
    retried: sum('retried'),
    dead: sum('dead'),
  };
}

function differencesOf(processes: readonly RunningProcess[]): InstallationStatus['difference'] {
  const of = (app: RunningProcess['app']) => settingsDifference(processes.filter((one) => one.app === app));
  return { ingress: of('ingress'), worker: of('worker') };
}
