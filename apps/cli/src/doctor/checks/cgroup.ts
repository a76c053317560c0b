import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What limits this process. Undefined: nothing does. */
export type ContainerLimits = {
  /** Bytes. */
  readonly memory: number | undefined;
  readonly memoryUsed: number | undefined;
  readonly cpus: number | undefined;
};

type Places = { readonly mounted: string; readonly self: string };

/** cgroup v1 says this, rounded to pages, for no limit. */
const NO_LIMIT_FROM = 2 ** 60;

/**
 * Of cgroup v2 or v1: https://docs.kernel.org/admin-guide/cgroup-v2.html and …/cgroup-v1/memory.html.
 * The groups above a group limit it, too.
 */
export function readLimits(
  { mounted, self }: Places = { mounted: '/sys/fs/cgroup', self: '/proc/self/cgroup' },
): ContainerLimits {
  const groups = groupsIn(textOf(self) ?? '');
  const unified = groups.get('');
  return unified !== undefined && textOf(join(mounted, 'cgroup.controllers')) !== undefined
    ? ofVersion2(foldersOf(mounted, unified))
    : ofVersion1(
        foldersOf(join(mounted, 'memory'), groups.get('memory') ?? '/'),
        foldersOf(join(mounted, 'cpu'), groups.get('cpu') ?? '/'),
      );
}

function ofVersion2(folders: readonly string[]): ContainerLimits {
  const [own] = folders;
  return {
    memory: least(folders.map((folder) => numberIn(join(folder, 'memory.max')))),
    memoryUsed: own === undefined ? undefined : numberIn(join(own, 'memory.current')),
    cpus: least(
      folders.map((folder) => {
        const [quota, period] = (textOf(join(folder, 'cpu.max')) ?? '').trim().split(' ').map(Number);
        return quota && period ? quota / period : undefined;
      }),
    ),
  };
}

function ofVersion1(memory: readonly string[], cpu: readonly string[]): ContainerLimits {
  const [own] = memory;
  return {
    memory: least(memory.map((folder) => numberIn(join(folder, 'memory.limit_in_bytes')))),
    memoryUsed: own === undefined ? undefined : numberIn(join(own, 'memory.usage_in_bytes')),
    cpus: least(
      cpu.map((folder) => {
        const quota = numberIn(join(folder, 'cpu.cfs_quota_us'));
        const period = numberIn(join(folder, 'cpu.cfs_period_us'));
        return quota !== undefined && quota > 0 && period ? quota / period : undefined;
      }),
    ),
  };
}

/** Lines such as `0::/user.slice` and `4:cpu,cpuacct:/docker/1f…` → path by controller; `` is version 2. */
function groupsIn(text: string): ReadonlyMap<string, string> {
  const groups = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (path !== undefined) for (const controller of controllers?.split(',') ?? []) groups.set(controller, path);
  }
  return groups;
}

/** The group's folder and those above it. In a container only the last may be there. */
function foldersOf(mounted: string, path: string): readonly string[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '..');
  return [...parts.keys(), parts.length].toReversed().map((length) => join(mounted, ...parts.slice(0, length)));
}

function least(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

function numberIn(path: string): number | undefined {
  const value = Number.parseInt(textOf(path) ?? '', 10);
  return Number.isNaN(value) || value >= NO_LIMIT_FROM ? undefined : value;
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
