import {
  knownOutputs,
  NO_BACKLOG,
  readBacklog,
  readRouteCounts,
  type RunningProcess,
  runningProcesses,
  settingsDifference,
} from '@ringback/queue';
import type { RestCount } from '@ringback/history';
import { dispatchLine, readDispatch } from '../dispatch/state.ts';
import { age, type OutputFacts, type OutputState, outputState, readOutput } from './state.ts';
import { countLines } from '../dispatch/route-counts.ts';
import { askHome, askShards, type ReachedShard } from '../reach/shards.ts';
import { table } from '../terminal/table.ts';
import type { Reached } from '../reach/with-redis.ts';

/**
 * Four counts of jobs, then what is stored by reference (deliveries, KiB, dropped ones), with a history what is
 * parked there, then the oldest's age.
 */
const HEADINGS = ['output', 'state', 'waiting', 'later', 'under way', 'dead letters', 'held', 'KiB', 'dropped'];

/** Of all shards together. Also outputs that only a worker has, removed ones that hold something, and notes. */
export async function outputLines(reached: Reached, counts: readonly RestCount[] | undefined): Promise<string[]> {
  const { outputs, count } = reached;
  const [running, looks] = await Promise.all([askHome(reached, runningProcesses), askShards(reached, look)]);
  const all = [...looks.values()];
  const parked = counts && parkedOf(counts);
  const known = [...new Set([...all.flatMap((one) => one.known), ...(parked?.keys() ?? [])])].toSorted();
  const names = [...outputs, ...known.filter((name) => !outputs.includes(name))];
  const facts = await askShards(reached, (shard) => readShard(shard, names, looks.get(shard.number)?.backlog));
  const now = Math.max(...all.map((one) => one.now));
  const states = names.map((name) => outputState(name, factsOf(name, facts), { count, running, now }));
  return [...stateLines(states, { outputs, now, parked }), dispatchLine(facts, { count, running }), ...noteLines(facts, running)];
}

/** `now`: ms since the epoch, by Redis's clock. */
async function look(shard: ReachedShard) {
  const [seconds, microseconds] = await shard.redis.time();
  const [known, backlog] = await Promise.all([knownOutputs(shard), readBacklog(shard)]);
  return { now: Number(seconds) * 1000 + Number(microseconds) / 1000, known, backlog };
}

type ShardFacts = Awaited<ReturnType<typeof readShard>>;
type Backlog = Awaited<ReturnType<typeof readBacklog>>;

async function readShard(shard: ReachedShard, names: readonly string[], backlog: Backlog | undefined) {
  const [dispatch, counts, ...outputs] = await Promise.all([
    readDispatch(shard),
    readRouteCounts(shard),
    ...names.map(async (name) => [name, await readOutput(shard, name, backlog?.get(name) ?? NO_BACKLOG)] as const),
  ]);
  return { ...dispatch, counts, outputs: new Map(outputs) };
}

function factsOf(name: string, shards: ReadonlyMap<number, ShardFacts>): ReadonlyMap<number, OutputFacts> {
  const facts = new Map<number, OutputFacts>();
  for (const [number, { outputs }] of shards) {
    const own = outputs.get(name);
    if (own) facts.set(number, own);
  }
  return facts;
}

type Parked = Pick<RestCount, 'count' | 'oldest'>;
type Listing = {
  readonly outputs: readonly string[];
  readonly now: number;
  /** Undefined: there is no history, or it does not answer. */
  readonly parked: ReadonlyMap<string, Parked> | undefined;
};

function parkedOf(counts: readonly RestCount[]): ReadonlyMap<string, Parked> {
  return new Map(counts.flatMap(({ kind, output = '', ...parked }) => (kind === 'parked' ? [[output, parked] as const] : [])));
}

function stateLines(states: readonly OutputState[], { outputs, now, parked }: Listing): string[] {
  const isOwn = ({ name }: OutputState) => outputs.includes(name);
  const isRemoved = (output: OutputState) => !isOwn(output) && output.servedBy?.length === 0;
  const shown = states.filter(
    (output) => isOwn(output) || isServed(output) || holdsSomething(output) || parked?.has(output.name),
  );
  const rowOf = ({ name, state, counts, oldest }: OutputState, removed: boolean) => {
    const rests = parked?.get(name);
    const since = Math.min(oldest ?? Infinity, rests?.oldest ?? Infinity);
    const numbers = parked ? [...counts, rests?.count ?? 0] : counts;
    return [name, removed ? 'removed' : state, ...numbers, since === Infinity ? '-' : age(now - since)].map(String);
  };
  const elsewhere = shown.filter((output) => !isOwn(output) && isServed(output));
  return [
    ...table(
      [...HEADINGS, ...(parked ? ['parked'] : []), 'oldest'],
      shown.map((output) => rowOf(output, isRemoved(output))),
    ),
    ...shown.flatMap(({ name, pausedInPart }) => (pausedInPart === undefined ? [] : [pausedInPartLine(name, pausedInPart)])),
    ...shown.flatMap(({ name, failing }) => (failing === undefined ? [] : [`${name} is failing ${failing}`])),
    ...elsewhere.map(
      ({ name, servedBy }) => `${name}: this settings file does not name it; workers that serve it: ${servedBy?.join(', ')}`,
    ),
    ...(shown.some(isRemoved) ? [REMOVED] : []),
  ];
}

const REMOVED =
  'removed: not in the settings. Put it back, or: ringback outputs move <name> <other>, ringback outputs purge <name>';

const isServed = ({ servedBy = [] }: OutputState) => servedBy.length > 0;

/** Dropped deliveries are gone: they do not count. */
function holdsSomething({ counts }: OutputState): boolean {
  return counts.slice(0, -1).some((count) => count > 0);
}

function pausedInPartLine(name: string, paused: string): string {
  return `${name} is ${paused}: ringback outputs pause ${name}, or resume, for all`;
}

function noteLines(shards: ReadonlyMap<number, ShardFacts>, running: readonly RunningProcess[] = []): string[] {
  const counts = countLines([...shards.values()].map((one) => one.counts));
  return [...counts, ...differenceLines('ingress', running), ...differenceLines('worker', running)];
}

function differenceLines(app: RunningProcess['app'], running: readonly RunningProcess[]): string[] {
  const own = running.filter((one) => one.app === app);
  const difference = settingsDifference(own);
  if (!difference) return [];
  const plural = app === 'ingress' ? 'ingresses' : 'workers';
  return [
    `RB_SETTINGS_DIFFER: ${plural} run different settings or versions; the newest: ${difference.newest.join(', ')}`,
    ...difference.older.map(({ processes, adds, removes, changes }) => {
      const parts = Object.entries({ adds, removes, changes }).filter(([, names]) => names.length > 0);
      const how = parts.map(([verb, names]) => `the newest ${verb} ${names.join('; ')}`);
      return `  ${processes.join(', ')}: ${how.join('. ')}`;
    }),
  ];
}
