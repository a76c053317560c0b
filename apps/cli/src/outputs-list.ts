import {
  knownOutputs,
  NO_BACKLOG,
  readBacklog,
  type RunningProcess,
  runningProcesses,
  settingsDifference,
} from '@ringback/queue';
import { dispatchLine } from './dispatch.ts';
import { age, type OutputState, readOutput } from './output-state.ts';
import { countLines } from './route-counts.ts';
import { table } from './table.ts';
import type { Reached } from './with-redis.ts';

/**
 * Four counts of jobs, then what is stored by reference (deliveries, KiB, dropped ones), then the oldest's
 * age.
 */
const HEADINGS = ['output', 'state', 'waiting', 'later', 'under way', 'dead letters', 'held', 'KiB', 'dropped', 'oldest'];

/** Also outputs that only a worker has, removed ones that hold something, and notes. */
export async function outputLines(reached: Reached): Promise<string[]> {
  const { redis, outputs } = reached;
  const [seconds, microseconds] = await redis.time();
  const now = Number(seconds) * 1000 + Number(microseconds) / 1000;
  const [known, backlog, running] = await Promise.all([knownOutputs(reached), readBacklog(reached), runningProcesses(reached)]);
  const others = known.filter((name) => !outputs.includes(name));
  const states = await Promise.all(
    [...outputs, ...others].map((name) => readOutput(reached, name, { running, now }, backlog.get(name) ?? NO_BACKLOG)),
  );
  const isOwn = ({ name }: OutputState) => outputs.includes(name);
  const isRemoved = (output: OutputState) => !isOwn(output) && output.servedBy.length === 0;
  const shown = states.filter((output) => !isRemoved(output) || holdsSomething(output));
  const rowOf = ({ name, state, counts, oldest }: OutputState, removed: boolean) =>
    [name, removed ? 'removed' : state, ...counts, oldest === undefined ? '-' : age(now - oldest)].map(String);
  const elsewhere = shown.filter((output) => !isOwn(output) && output.servedBy.length > 0);
  return [
    ...table(
      HEADINGS,
      shown.map((output) => rowOf(output, isRemoved(output))),
    ),
    ...shown.flatMap(({ name, failing }) => (failing === undefined ? [] : [`${name} is failing ${failing}`])),
    ...elsewhere.map(
      ({ name, servedBy }) => `${name}: this settings file does not name it; workers that serve it: ${servedBy.join(', ')}`,
    ),
    ...(shown.some(isRemoved) ? [REMOVED] : []),
    ...(await notices(reached, running)),
  ];
}

const REMOVED =
  'removed: not in the settings. Put it back, or: ringback outputs move <name> <other>, ringback outputs purge <name>';

/** Dropped deliveries are gone: they do not count. */
function holdsSomething({ counts }: OutputState): boolean {
  return counts.slice(0, -1).some((count) => count > 0);
}

async function notices(access: Reached, running: readonly RunningProcess[]): Promise<string[]> {
  const [dispatching, counts] = await Promise.all([dispatchLine(access), countLines(access)]);
  return [dispatching, ...counts, ...differenceLines('ingress', running), ...differenceLines('worker', running)];
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
