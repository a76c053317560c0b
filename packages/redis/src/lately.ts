import type { Redis } from 'ioredis';
import { createRunScript } from './run-script.ts';

/** A hash: when something happened last that a person should know of. Times in ms since the epoch, by Redis's clock. */
export const latelyKey = (prefix: string) => `${prefix}:lately`;

/** Longer than anyone looks back. After that the key is gone. */
const KEPT_SECONDS = 7200;

/** For scripts. The key of the hash, and a field. */
export const NOTE_LATELY = `
local function noteLately(key, field)
  redis.call('HSET', key, field, string.format('%d', redis.call('TIME')[1] * 1000))
  redis.call('EXPIRE', key, ${KEPT_SECONDS})
end`;

/** KEYS lately · ARGV field */
const NOTE = `${NOTE_LATELY}
noteLately(KEYS[1], ARGV[1])
return {}`;

export const DROPPED = 'dropped ';

export type Lately = {
  /** A callback was lost, since the quarantine was full; no route matched one; an event of the history was dropped. */
  readonly lost?: number | undefined;
  readonly unrouted?: number | undefined;
  readonly history?: number | undefined;
  /** A delivery was dropped, beyond the backlog of its output. By output. */
  readonly dropped: Readonly<Record<string, number>>;
};

type Access = { readonly redis: Redis; readonly prefix: string };

export function createLatelyNoter({ redis, prefix }: Access) {
  const run = createRunScript(redis);
  return async (what: 'lost' | 'unrouted'): Promise<void> => void (await run(NOTE, [latelyKey(prefix)], [what]));
}

export async function readLately({ redis, prefix }: Access): Promise<Lately> {
  const fields = Object.entries(await redis.hgetall(latelyKey(prefix)));
  const at = (name: string) => fields.flatMap(([field, time]) => (field === name ? [Number(time)] : []))[0];
  const dropped = fields.flatMap(([field, time]) =>
    field.startsWith(DROPPED) ? [[field.slice(DROPPED.length), Number(time)] as const] : [],
  );
  return { lost: at('lost'), unrouted: at('unrouted'), history: at('history'), dropped: Object.fromEntries(dropped) };
}

function newest(times: readonly (number | undefined)[]): number | undefined {
  return times.reduce((a, b) => (a === undefined || (b !== undefined && b > a) ? b : a), undefined);
}

/** Of several shards. */
export function newestOf(all: readonly Lately[]): Lately {
  const outputs = [...new Set(all.flatMap(({ dropped }) => Object.keys(dropped)))];
  const dropped = outputs.flatMap((output) => {
    const time = newest(all.map((one) => one.dropped[output]));
    return time === undefined ? [] : [[output, time] as const];
  });
  const of = (what: 'lost' | 'unrouted' | 'history') => newest(all.map((one) => one[what]));
  return { lost: of('lost'), unrouted: of('unrouted'), history: of('history'), dropped: Object.fromEntries(dropped) };
}
