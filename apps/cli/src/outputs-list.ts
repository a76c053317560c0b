import {
  callbackQueueState,
  knownOutputs,
  NO_BACKLOG,
  type OutputBacklog,
  outputQueueState,
  readBacklog,
  type RunningProcess,
  runningProcesses,
  settingsDifference,
} from '@ringback/queue';
import { dispatchLine } from './dispatch.ts';
import { columns } from './columns.ts';
import { countLines } from './route-counts.ts';
import type { Reached } from './with-redis.ts';

/** The first four in jobs; then what stands in Redis by reference, in deliveries and in KiB of bodies, and what the output's rule dropped. */
const HEADINGS = ['output', 'state', 'waiting', 'later', 'under way', 'dead letters', 'held', 'KiB', 'dropped'];

/** The outputs of the settings, and those that have left them and still hold something; then what an operator has to know. */
export async function outputLines(reached: Reached): Promise<string[]> {
  const { outputs } = reached;
  const known = await knownOutputs(reached);
  const removed = known.filter((name) => !outputs.includes(name));
  const backlog = await readBacklog(reached);
  const rowOf = (name: string) => row(reached, name, backlog.get(name) ?? NO_BACKLOG);
  const rows = await Promise.all(outputs.map(rowOf));
  const removedRows = (await Promise.all(removed.map(rowOf))).filter(holdsSomething);
  const table = [...rows, ...removedRows.map((cells) => cells.with(1, 'removed'))];
  return [...columns([HEADINGS, ...table]), ...(await notices(reached, removedRows.length > 0))];
}

async function row(access: Reached, name: string, { held, bytes, deadBytes, dropped }: OutputBacklog): Promise<string[]> {
  const queue = outputQueueState(name, access);
  try {
    const [{ waiting, delayed, active, dead }, paused] = await Promise.all([queue.depths(), queue.isPaused()]);
    const counts = [waiting, delayed, active, dead, held, Math.ceil((bytes + deadBytes) / 1024), dropped];
    return [name, paused ? 'paused' : 'running', ...counts].map(String);
  } finally {
    await queue.close();
  }
}

function holdsSomething(cells: readonly string[]): boolean {
  return cells.slice(2, -1).some((count) => count !== '0');
}

async function notices(access: Reached, removed: boolean): Promise<string[]> {
  const lines: string[] = [];
  if (removed) {
    lines.push(
      'removed: not in the settings. Put it back, or: ringback outputs move <name> <other>, ringback outputs purge <name>',
    );
  }
  const callbacks = callbackQueueState(access);
  try {
    if (await callbacks.isPaused()) lines.push(`${await dispatchLine(callbacks)} (go on: ringback dispatch resume)`);
  } finally {
    await callbacks.close();
  }
  const running = await runningProcesses(access);
  lines.push(...(await countLines(access)));
  return [...lines, ...differenceLines('ingress', running), ...differenceLines('worker', running)];
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
