import { Callback } from '@ringback/contracts';
import { createRunScript } from '@ringback/redis';
import type { Redis } from 'ioredis';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { type Entries, Entry } from './decide.ts';

/*
 * On shard 0: `<prefix>:alerts.leader`, which worker looks, and the hash `<prefix>:alerts`: what is remembered (`entry …`)
 * and what is still to be given to outputs (`notice …`).
 */

const Waiting = Type.Object({ callback: Callback, to: Type.Array(Type.String()) });
/** An alert and the outputs that it is for. */
export type Waiting = Static<typeof Waiting>;

/** KEYS leader · ARGV own id, ms → whether it leads */
const LEAD = `
local leader = redis.call('GET', KEYS[1])
if leader and leader ~= ARGV[1] then return {} end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return { 1 }`;

/** KEYS leader, alerts · ARGV own id, how many fields to delete, these, then fields and values → whether it still leads */
const SAVE = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return {} end
local last = 2 + tonumber(ARGV[2])
for i = 3, last do redis.call('HDEL', KEYS[2], ARGV[i]) end
for i = last + 1, #ARGV, 2 do redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1]) end
return { 1 }`;

/** KEYS leader · ARGV own id */
const RESIGN = `
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return {}`;

export type AlertState = {
  /** One worker looks. It MUST ask again before `forMs` is over; then another one may. */
  lead(forMs: number): Promise<boolean>;
  read(): Promise<{ readonly entries: Entries; readonly waiting: readonly Waiting[] }>;
  /** False: another worker looks, and nothing was written. */
  save(next: { readonly before: Entries; readonly entries: Entries; readonly waiting: readonly Waiting[] }): Promise<boolean>;
  /** It is with its outputs. */
  sent(waiting: Waiting): Promise<void>;
  resign(): Promise<void>;
};

const ENTRY = 'entry ';
const NOTICE = 'notice ';
const noticeField = ({ callback }: Waiting) => `${NOTICE}${callback.id}`;

type StateOptions = {
  readonly redis: Redis;
  readonly prefix: string;
  readonly id: string;
  /** Hears of a key that held something else, or of fields of it, and that they were thrown away. */
  readonly damaged: (what: { readonly key: string; readonly fields?: number }) => void;
};

export function createAlertState({ redis, prefix, id, damaged }: StateOptions): AlertState {
  const run = createRunScript(redis);
  const [leader, alerts] = [`${prefix}:alerts.leader`, `${prefix}:alerts`];

  /** What is no key of ours would fail every look. */
  async function orAnew<T>(key: string, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      // Of a script the code stands somewhere in the message.
      if (!(error instanceof Error && error.message.includes('WRONGTYPE'))) throw error;
      await redis.del(key);
      damaged({ key });
      return ask();
    }
  }

  return {
    lead: async (forMs) => (await orAnew(leader, () => run(LEAD, [leader], [id, String(forMs)]))).length > 0,
    async read() {
      const { entries, waiting, unread } = understood(await orAnew(alerts, () => redis.hgetall(alerts)));
      if (unread.length > 0) {
        await redis.hdel(alerts, ...unread);
        damaged({ key: alerts, fields: unread.length });
      }
      return { entries, waiting };
    },
    async save({ before, entries, waiting }) {
      const gone = [...before.keys()].filter((key) => !entries.has(key)).map((key) => `${ENTRY}${key}`);
      const written = [
        ...[...entries].flatMap(([key, entry]) => [`${ENTRY}${key}`, JSON.stringify(entry)]),
        ...waiting.flatMap((one) => [noticeField(one), JSON.stringify(one)]),
      ];
      return (await run(SAVE, [leader, alerts], [id, String(gone.length), ...gone, ...written])).length > 0;
    },
    async sent(one) {
      await redis.hdel(alerts, noticeField(one));
    },
    async resign() {
      await run(RESIGN, [leader], [id]);
    },
  };
}

/** Undefined: it is not of our making. Then it is as if nothing was remembered. */
function parsed<T extends typeof Entry | typeof Waiting>(schema: T, text: string): Static<T> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Value.Check(schema, value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** `unread`: fields of ours that cannot be read. Other fields may be a newer version's. */
function understood(hash: Readonly<Record<string, string>>) {
  const fields = Object.entries(hash);
  const entries = fields.flatMap(([field, text]) => {
    const entry = field.startsWith(ENTRY) ? parsed(Entry, text) : undefined;
    return entry ? [[field.slice(ENTRY.length), entry] as const] : [];
  });
  const waiting = fields.flatMap(([field, text]) => (field.startsWith(NOTICE) ? (parsed(Waiting, text) ?? []) : []));
  const kept = new Set([...entries.map(([key]) => `${ENTRY}${key}`), ...waiting.map(noticeField)]);
  const own = Object.keys(hash).filter((field) => field.startsWith(ENTRY) || field.startsWith(NOTICE));
  return { entries: new Map(entries), waiting, unread: own.filter((field) => !kept.has(field)) };
}
