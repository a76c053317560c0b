import { createRunScript, latelyKey, outcomesKey } from '@ringback/redis';
import type { Redis } from 'ioredis';
import { backlogKey } from './keys.ts';
import { DROP } from './scripts.ts';

type Access = { readonly redis: Redis; readonly prefix: string };

export type OutputBacklog = {
  /** Dead letters included. */
  readonly deliveries: number;
  /** Without a job. */
  readonly held: number;
  /** Without dead letters. Outputs that share bodies each count them. */
  readonly bytes: number;
  /** They do not count towards the bound. */
  readonly deadBytes: number;
  readonly dropped: number;
};

export const NO_BACKLOG: OutputBacklog = { deliveries: 0, held: 0, bytes: 0, deadBytes: 0, dropped: 0 };

const FIELDS = { count: 'deliveries', held: 'held', bytes: 'bytes', dead: 'deadBytes', dropped: 'dropped' } as const;

export async function readBacklog({ redis, prefix }: Access): Promise<ReadonlyMap<string, OutputBacklog>> {
  const backlog = new Map<string, OutputBacklog>();
  for (const [field, value] of Object.entries(await redis.hgetall(backlogKey(prefix)))) {
    const [output = '', name = ''] = field.split('.');
    const known = Object.entries(FIELDS).find(([short]) => short === name)?.[1];
    if (known) backlog.set(output, { ...(backlog.get(output) ?? NO_BACKLOG), [known]: Number(value) });
  }
  return backlog;
}

/** Of one output in several shards. */
export function sumOfBacklogs(backlogs: readonly OutputBacklog[]): OutputBacklog {
  const sum = (part: keyof OutputBacklog) => backlogs.reduce((total, one) => total + one[part], 0);
  const [deliveries, held, bytes] = [sum('deliveries'), sum('held'), sum('bytes')];
  return { deliveries, held, bytes, deadBytes: sum('deadBytes'), dropped: sum('dropped') };
}

const MIB = 1024 * 1024;
const LEAST_SHARE = 0.2;

/** In words. Undefined: none does. */
export async function tellWhoFills(access: Access): Promise<string | undefined> {
  const outputs = [...(await readBacklog(access))].toSorted(([, a], [, b]) => bytesOf(b) - bytesOf(a));
  const sum = outputs.reduce((bytes, [, own]) => bytes + bytesOf(own), 0);
  const large = outputs.filter(([, own]) => bytesOf(own) > 0 && bytesOf(own) >= sum * LEAST_SHARE);
  if (large.length === 0) return undefined;
  return large.map(([name, own]) => `${own.deliveries} deliveries wait for output ${name} (${sizeInWords(own)})`).join(', ');
}

type Bytes = Pick<OutputBacklog, 'bytes' | 'deadBytes'>;

const bytesOf = ({ bytes, deadBytes }: Bytes) => bytes + deadBytes;

const mib = (bytes: number) => `${(bytes / MIB).toFixed(1)} MiB`;

function sizeInWords(own: Bytes): string {
  const dead = own.deadBytes > 0 ? `, of which ${mib(own.deadBytes)} in dead letters` : '';
  return `${mib(bytesOf(own))}${dead}`;
}

type Dropped = {
  readonly batch: string;
  readonly output: string;
  readonly keys: readonly string[];
};

/** In the ledger for the dedupe window (ms), in the output's count, and when. Resolves to how many were new. */
export function createDropNoter({ redis, prefix, window }: Access & { readonly window: number }) {
  const run = createRunScript(redis);
  const seconds = String(Math.ceil(window / 1000));
  return async ({ batch, output, keys }: Dropped): Promise<number> => {
    const own = [outcomesKey({ prefix, batch, output }), backlogKey(prefix), latelyKey(prefix)];
    const [dropped] = await run(DROP, own, [output, seconds, ...keys]);
    return Number(dropped);
  };
}
