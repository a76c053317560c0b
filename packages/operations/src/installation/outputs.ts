import { outputPart } from '@ringback/contracts';
import type { RestCount } from '@ringback/history';
import {
  knownOutputs,
  NO_BACKLOG,
  type OutputBacklog,
  type QueueFacts,
  readBacklog,
  readOutputQueues,
  type RunningProcess,
  sumOfBacklogs,
  sumOfDepths,
} from '@ringback/queue';
import type { AskShards } from './ask.ts';
import { type BreakerStatus, breakerStatus } from './breakers.ts';
import { pausedAt } from './dispatch.ts';
import { earliest } from './earliest.ts';

export type OutputStatus = {
  readonly name: string;
  /** The settings that ask have it. */
  readonly known: boolean;
  /**
   * `paused`: by a person. `open`, `probing`: its breaker, at some worker at least. `failing`: attempts fail, the breaker is
   * not open. `removed`: no settings have it, and it holds something. `unknown`: which workers run is not known.
   */
  readonly state: 'running' | 'paused' | 'open' | 'probing' | 'failing' | 'no worker' | 'removed' | 'unknown';
  /** Numbers of the shards where it is paused, if it is paused only there. */
  readonly pausedShards?: readonly number[];
  /** Jobs that wait, that wait for their time, that are under way, and dead letters. Counts are undefined if no shard answers. */
  readonly waiting: number | undefined;
  readonly delayed: number | undefined;
  readonly active: number | undefined;
  readonly dead: number | undefined;
  /** Deliveries without a job, those parked in the history, and those dropped so far. */
  readonly held: number | undefined;
  /** Undefined: there is no history, or it does not answer. */
  readonly parked?: number | undefined;
  readonly dropped: number | undefined;
  /** In Redis, stored by reference. */
  readonly bytes: number | undefined;
  /** When the oldest that waits was received: ms since the epoch. */
  readonly oldest?: number | undefined;
  /** As `host:pid`. Undefined: not known. */
  readonly servedBy: readonly string[] | undefined;
} & BreakerStatus;

export type LookAtOutputs = {
  readonly askShards: AskShards;
  /** Of the settings. Undefined: these cannot be used. Then all that workers serve, or that hold something, count as theirs. */
  readonly outputs: readonly string[] | undefined;
  /** Undefined: shard 0, which knows, does not answer. */
  readonly running: readonly RunningProcess[] | undefined;
  /** What rests in the history. Undefined: there is none, or it does not answer. */
  readonly resting: readonly RestCount[] | undefined;
};

/** Those of the settings first; then those that only a worker has, and removed ones that hold something. */
export async function readOutputs({ askShards, outputs, running, resting }: LookAtOutputs): Promise<readonly OutputStatus[]> {
  const looks = await askShards(async (shard) => ({ known: await knownOutputs(shard), backlog: await readBacklog(shard) }));
  const parked = resting && parkedOf(resting);
  const others = [...new Set([...[...looks.values()].flatMap(({ known }) => known), ...(parked?.keys() ?? [])])].toSorted();
  const own = outputs ?? [];
  const names = [...own, ...others.filter((name) => !own.includes(name))];
  const read = await askShards(async (shard) => {
    const backlog = looks.get(shard.number)?.backlog;
    const queues = await readOutputQueues(shard, names);
    return queues.map((queue, index) => ({ ...queue, backlog: backlog?.get(names[index] ?? '') ?? NO_BACKLOG }));
  });
  return names
    .map((name, index) => {
      const facts = [...read].flatMap(([number, all]) => (all[index] ? [[number, all[index]] as const] : []));
      return statusOf({ name, known: outputs === undefined || own.includes(name), facts: new Map(facts), running, parked });
    })
    .filter((status) => own.includes(status.name) || (status.servedBy?.length ?? 0) > 0 || holdsSomething(status));
}

/** Workers that have the output in their settings. */
export function servingWorkers(running: readonly RunningProcess[], output: string): RunningProcess[] {
  return running.filter(({ app, parts }) => app === 'worker' && outputPart(output) in parts);
}

/** What stands on one shard. */
type OutputFacts = QueueFacts & { readonly backlog: OutputBacklog };

type Parked = ReadonlyMap<string, Pick<RestCount, 'count' | 'oldest'>>;

function parkedOf(resting: readonly RestCount[]): Parked {
  return new Map(resting.flatMap(({ kind, output = '', ...parked }) => (kind === 'parked' ? [[output, parked] as const] : [])));
}

type Composing = Pick<OutputStatus, 'name' | 'known'> &
  Pick<LookAtOutputs, 'running'> & { readonly facts: ReadonlyMap<number, OutputFacts>; readonly parked: Parked | undefined };

function statusOf({ name, known, facts, running, parked }: Composing): OutputStatus {
  const all = [...facts.values()];
  const serving = running && servingWorkers(running, name);
  const breaker = serving ? breakerStatus(name, serving) : {};
  const pausedShards = pausedAt(facts);
  const rests = parked?.get(name);
  return {
    name,
    known,
    state: pausedShards.length > 0 ? 'paused' : stateOf({ known, serving, breaker }),
    ...(pausedShards.length > 0 && pausedShards.length < facts.size && { pausedShards }),
    ...countsOf(all),
    parked: parked && (rests?.count ?? 0),
    oldest: earliest([...all.map(({ oldest }) => oldest), rests?.oldest]),
    servedBy: serving?.map(({ host, pid }) => `${host}:${pid}`),
    ...breaker,
  };
}

type Counts = Pick<OutputStatus, 'waiting' | 'delayed' | 'active' | 'dead' | 'held' | 'dropped' | 'bytes'>;

const NOT_KNOWN: Counts = {
  waiting: undefined,
  delayed: undefined,
  active: undefined,
  dead: undefined,
  held: undefined,
  dropped: undefined,
  bytes: undefined,
};

function countsOf(facts: readonly OutputFacts[]): Counts {
  if (facts.length === 0) return NOT_KNOWN;
  const { held, bytes, deadBytes, dropped } = sumOfBacklogs(facts.map(({ backlog }) => backlog));
  return { ...sumOfDepths(facts), held, dropped, bytes: bytes + deadBytes };
}

type Standing = {
  readonly known: boolean;
  readonly serving: readonly RunningProcess[] | undefined;
  readonly breaker: BreakerStatus;
};

function stateOf({ known, serving, breaker }: Standing): OutputStatus['state'] {
  if (serving === undefined) return 'unknown';
  if (serving.length === 0) return known ? 'no worker' : 'removed';
  if (breaker.breaker !== undefined && breaker.breaker.state !== 'closed') return breaker.breaker.state;
  return breaker.failing ? 'failing' : 'running';
}

/** Dropped deliveries are gone: they do not count. */
function holdsSomething({ waiting, delayed, active, dead, held, parked, bytes }: OutputStatus): boolean {
  return [waiting, delayed, active, dead, held, parked, bytes].some((count = 0) => count > 0);
}
