import type { RunningProcess } from './registry.ts';

/** Processes that run other settings, or another version, than the newest. */
type OlderSettings = {
  /** `<host>:<pid>` of each. */
  readonly processes: readonly string[];
  /** By name: what only the newest settings have, what only these have, and what both have with another content. */
  readonly adds: readonly string[];
  readonly removes: readonly string[];
  readonly changes: readonly string[];
};

export type SettingsDifference = {
  /** `<host>:<pid>` of those with the newest settings. */
  readonly newest: readonly string[];
  readonly older: readonly OlderSettings[];
};

/**
 * How the settings of processes differ. Undefined: they do not. The newest settings are those that appeared last:
 * an old worker that restarts during a roll does not make its settings the newest.
 */
export function settingsDifference(processes: readonly RunningProcess[]): SettingsDifference | undefined {
  const oldestFirst = processes.toSorted((a, b) => a.startedAt - b.startedAt);
  const groups = [...Map.groupBy(oldestFirst, partsOf).values()];
  const newest = groups.at(-1);
  const [example] = newest ?? [];
  if (groups.length < 2 || !newest || !example) return undefined;
  const older = groups
    .slice(0, -1)
    .map((group) => ({ processes: group.map(nameOf), ...compare(group[0]?.parts ?? {}, example.parts) }));
  return { newest: newest.map(nameOf), older };
}

/** The parts by which `newer` differs from `older`, by name, sorted. */
function compare(older: RunningProcess['parts'], newer: RunningProcess['parts']): Omit<OlderSettings, 'processes'> {
  const names = [...new Set([...Object.keys(older), ...Object.keys(newer)])].toSorted();
  return {
    adds: names.filter((name) => !Object.hasOwn(older, name)),
    removes: names.filter((name) => !Object.hasOwn(newer, name)),
    changes: names.filter((name) => Object.hasOwn(older, name) && Object.hasOwn(newer, name) && older[name] !== newer[name]),
  };
}

function partsOf({ parts }: RunningProcess): string {
  return JSON.stringify(Object.entries(parts).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

const nameOf = ({ host, pid }: RunningProcess) => `${host}:${pid}`;
