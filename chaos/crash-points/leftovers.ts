import { PREFIX } from '../settings.ts';
import { OUTPUTS } from './messages.ts';
import type { Stage } from './stage.ts';

/** A kind of keys. */
type Kind = {
  /** Without the prefix. */
  readonly pattern: RegExp;
  /** Absent: any number. */
  readonly count?: number;
  readonly expires?: true;
};

const QUEUES = ['callbacks', 'quarantine', 'unrouted', ...OUTPUTS.map((output) => `output.${output}`)].map((name) =>
  name.replace('.', '\\.'),
);
const anyQueue = `(?:${QUEUES.join('|')})`;

/**
 * What docs/architecture.md ("What Redis holds") names and the run leaves: one dead letter, two in
 * quarantine, nothing waiting, active or locked.
 */
const KINDS: readonly Kind[] = [
  { pattern: /^outputs$/, count: 1 },
  { pattern: new RegExp(`^${anyQueue}:(?:meta|events|id|marker)$`) },
  { pattern: new RegExp(`^${anyQueue}:stalled-check$`), expires: true },
  { pattern: /^quarantine:wait$/, count: 1 },
  { pattern: /^quarantine:[\w-]{22}\..+$/, count: 2 },
  { pattern: /^output\.ops:failed$/, count: 1 },
  { pattern: /^output\.ops:[\w-]+\.[\w-]{22}\.ops$/, count: 1 },
  { pattern: /^process:[\w-]+$/, expires: true },
  { pattern: /^processes$/ },
  { pattern: /^probe$/, expires: true },
  { pattern: /^ringback:prefixes$/ },
  { pattern: /^ledger:[\w-]{22}$/, count: 7, expires: true },
  { pattern: /^ledger:[\w-]+\.(?:crm|ops)$/, expires: true },
];

/** One line per kind of key that is left or missing. */
export async function findLeftovers({ redis }: Pick<Stage, 'redis'>): Promise<string[]> {
  const keys = (await redis.keys('*')).toSorted();
  const names = keys.map((key) => (key.startsWith(`${PREFIX}:`) ? key.slice(PREFIX.length + 1) : key));
  const unknown = names.filter((name) => !KINDS.some(({ pattern }) => pattern.test(name)));
  const problems = unknown.map((name) => `${name} is left`);
  for (const { pattern, count, expires } of KINDS) {
    const found = keys.filter((_, index) => pattern.test(names[index] ?? ''));
    if (count !== undefined && found.length !== count)
      problems.push(`${found.length} of ${pattern.source}, not ${count}: ${await describeKeys(redis, found)}`);
    if (!expires) continue;
    const lives = await Promise.all(found.map((key) => redis.pttl(key)));
    // -2: the key is gone.
    if (lives.includes(-1)) problems.push(`one of ${pattern.source} never expires`);
  }
  return problems;
}

/** With the states of the job and the names of its fields: values may hold personal data. */
async function describeKeys(redis: Stage['redis'], keys: readonly string[]): Promise<string> {
  const described = keys.map(async (key) => {
    const [fields, places] = await Promise.all([redis.hkeys(key).catch(() => []), placesOf(redis, key)]);
    return `${key} (${places.join(' and ') || 'in no list'}; ${fields.join(' ')})`;
  });
  return (await Promise.all(described)).join(', ');
}

const JOB_LISTS = ['wait', 'active', 'paused'] as const;
const JOB_SETS = ['delayed', 'prioritized', 'failed', 'completed'] as const;

async function placesOf(redis: Stage['redis'], key: string): Promise<string[]> {
  const [prefix, queue, id = ''] = key.split(':');
  const at = (name: string) => `${prefix}:${queue}:${name}`;
  const lists = JOB_LISTS.map(async (name) => ((await redis.lpos(at(name), id)) === null ? [] : [name]));
  const sets = JOB_SETS.map(async (name) => ((await redis.zscore(at(name), id)) === null ? [] : [name]));
  return (await Promise.all([...lists, ...sets])).flat();
}

/** For a run that did not end: the size of each list and set, and the number of claims. */
export async function describeWork({ redis }: Pick<Stage, 'redis'>): Promise<string> {
  const keys = (await redis.keys(`${PREFIX}:*`)).toSorted();
  const lists = keys.filter((key) => /:(?:wait|active|paused)$/.test(key)).map(async (key) => `${key} ${await redis.llen(key)}`);
  const sets = keys.filter((key) => /:(?:delayed|failed)$/.test(key)).map(async (key) => `${key} ${await redis.zcard(key)}`);
  const claims = keys.filter((key) => /:ledger:[\w-]{22}$/.test(key)).length;
  return [...(await Promise.all([...lists, ...sets])), `${claims} claims`].join(', ');
}

/** Keeps what processes write at their start. */
export async function clear({ redis }: Pick<Stage, 'redis'>): Promise<void> {
  const kept = new RegExp(`^${PREFIX}:(?:outputs|${anyQueue}:meta|process.*)$|^ringback:prefixes$`);
  const keys = (await redis.keys('*')).filter((key) => !kept.test(key));
  if (keys.length > 0) await redis.del(...keys);
}

export async function datasetBytes({ redis }: Pick<Stage, 'redis'>): Promise<number> {
  return Number(/used_memory_dataset:(\d+)/.exec(await redis.info('memory'))?.[1]);
}
