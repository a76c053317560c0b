import { type Callback, callbackKey, RingbackError, StoredShare } from '@ringback/contracts';
import { createRunScript, outcomesKey, type RunScript } from '@ringback/redis';
import type { Redis } from 'ioredis';
import { Compile } from 'typebox/compile';
import { decodeBodies, encodeBodies, notOurs, parseStored } from './blob.ts';
import { backlogKey, bodiesKey, heldKey, referenceJobKey } from './keys.ts';
import { FED, HAND_OVER, RELEASE, STORE } from './scripts.ts';

const share = Compile(StoredShare);
const STATES = ['queued', 'held', 'dead', 'dropped', 'elsewhere', 'over'] as const;

/**
 * `queued`: a job names it. `held`: in the held list. `dead`: a dead letter. `dropped`: not stored, by the
 * output's rule. `elsewhere`: other bodies, or a job that is ending, have the id. `over`: an earlier run
 * finished it.
 */
type ShareState = (typeof STATES)[number];

/** What an output may have in a shard: bytes by reference, deliveries held. Undefined: as much as there is. */
export type BacklogBound = { readonly bytes?: number | undefined; readonly held?: number | undefined };

export type Share = {
  readonly output: string;
  readonly callbacks: readonly Callback[];
  readonly state: 'queued' | 'held';
  /** `beyond`: what happens to more. */
  readonly most?: BacklogBound | undefined;
  readonly beyond: 'held' | 'dead' | 'dropped';
};

export type StoreRequest = {
  readonly id: string;
  readonly batch: string;
  readonly again: boolean;
  /** ms since the epoch. */
  readonly since?: number | undefined;
  readonly shares: readonly Share[];
  /** Less memory, more time: for bodies that rest. */
  readonly compact: boolean;
};

type StoredDeliveries = {
  readonly batch: string;
  readonly callbacks: readonly Callback[];
  readonly again: boolean;
  readonly since?: number | undefined;
};

/** Bodies of batches, stored once for all outputs. Jobs and held lists name them by `id`. */
export type Bodies = {
  /** MUST come before the first job that names them. A share that is there stays. */
  store(request: StoreRequest): Promise<{ readonly state: ShareState; readonly there: boolean }[]>;
  /** Undefined: the output needs them no more. @throws NewerPayload, RingbackError RB_PAYLOAD_INVALID */
  read(id: string, output: string): Promise<StoredDeliveries | undefined>;
  /** The last output deletes them. Resolves to whether it still needed them. */
  release(id: string, output: string): Promise<boolean>;
  /** Ids, the oldest first. Without `count`: all. */
  held(output: string, count?: number): Promise<string[]>;
  /** MUST follow the adding of the job. `again` and `dead`: some of it may have been attempted. */
  fed(id: string, output: string, as?: 'queued' | 'again' | 'dead'): Promise<void>;
  /** Has another output hold, as run again, these places of the first one's share. */
  handOver(id: string, handOver: HandOver): Promise<HandedOver>;
};

type HandOver = { readonly from: string; readonly to: string; readonly places: readonly number[] };
const HANDED_OVER = ['held', 'there', 'gone', 'elsewhere'] as const;
/**
 * `there`: the output had a share. `gone`: the first one has none. `elsewhere`: a job that names its share
 * is ending.
 */
type HandedOver = (typeof HANDED_OVER)[number];

export function createBodies({ redis, prefix }: { redis: Redis; prefix: string }): Bodies {
  const run = createRunScript(redis);
  const keysOf = (id: string, output: string) => [bodiesKey(prefix, id), backlogKey(prefix), heldKey(prefix, output)];

  return {
    async store(request) {
      const { keys, args } = await storeArguments(prefix, request);
      const answers = await run(STORE, keys, args);
      return request.shares.map((_, index) => ({
        state: oneOf(STATES, answers[2 * index]),
        there: answers[2 * index + 1] === 'there',
      }));
    },
    async read(id, output) {
      const [blob, entry] = await redis.hmgetBuffer(bodiesKey(prefix, id), 'bodies', `@${output}`).catch(unlessWrongType);
      if (!entry) return undefined;
      // First: a change of the shares gives the bodies another version.
      const { batch, callbacks } = await decodeBodies(blob ?? notOurs());
      const own = parseStored(entry);
      if (!share.Check(own)) return notOurs();
      const places = placesOf(own);
      return {
        batch,
        callbacks: places?.flatMap((place) => callbacks[place] ?? []) ?? callbacks,
        again: own.again === true,
        since: own.since,
      };
    },
    async release(id, output) {
      const [released] = await run(RELEASE, keysOf(id, output), [output, id]);
      return released === 1;
    },
    held: (output, count = 0) => redis.lrange(heldKey(prefix, output), 0, count - 1),
    async fed(id, output, as = 'queued') {
      await run(FED, keysOf(id, output), [output, id, as]);
    },
    handOver: createHandOver({ redis, prefix, run }),
  };
}

type HandOverAccess = { readonly redis: Redis; readonly prefix: string; readonly run: RunScript };

function createHandOver({ redis, prefix, run }: HandOverAccess): Bodies['handOver'] {
  return async (id, { from, to, places }) => {
    const bodies = bodiesKey(prefix, id);
    const entry = await redis.hgetBuffer(bodies, `@${from}`);
    if (!entry) return 'gone';
    const own = parseStored(entry);
    if (!share.Check(own)) return notOurs();
    const all = placesOf(own);
    const at = places.map((place) => all?.[place] ?? place).join();
    const keys = [bodies, backlogKey(prefix), heldKey(prefix, to), referenceJobKey(prefix, id, to)];
    const [answer] = await run(HAND_OVER, keys, [to, id, from, String(places.length), at]);
    return oneOf(HANDED_OVER, answer);
  };
}

async function storeArguments(prefix: string, { id, batch, again, since, shares, compact }: StoreRequest) {
  const all = [...new Set(shares.flatMap(({ callbacks }) => callbacks))];
  const { bytes, digest } = await encodeBodies(batch, all, compact);
  const common = { ...(again && { again }), ...(since !== undefined && { since }), ...(id !== batch && { batch }) };
  const args = shares.flatMap(({ output, callbacks, state, most, beyond }) => {
    const at = callbacks.length === all.length ? '' : callbacks.map((callback) => all.indexOf(callback)).join();
    return [output, state, String(callbacks.length), at, String(most?.bytes ?? ''), String(most?.held ?? ''), beyond];
  });
  const held = shares.map(({ output }) => heldKey(prefix, output));
  const outcomes = again ? shares.map(({ output }) => outcomesKey({ prefix, batch, output })) : [];
  const jobs = again ? shares.map(({ output }) => referenceJobKey(prefix, id, output)) : [];
  const callbackKeys = again ? shares.map(({ callbacks }) => JSON.stringify(callbacks.map(callbackKey))) : [];
  return {
    keys: [bodiesKey(prefix, id), backlogKey(prefix), ...held, ...outcomes, ...jobs],
    args: [bytes, digest, id, JSON.stringify(common), String(shares.length), ...args, ...callbackKeys],
  };
}

/** A foreign value under the key counts as damaged bodies. */
function unlessWrongType(error: unknown): never {
  if (error instanceof Error && error.message.startsWith('WRONGTYPE')) return notOurs();
  throw error;
}

export const placesOf = ({ at }: { at?: string }) => at?.split(',').map(Number);

/** True for errors of a read: stored bodies are damaged, or those of a newer Ringback. */
export function isUnreadable(error: unknown): error is RingbackError {
  return error instanceof RingbackError && (error.code === 'RB_PAYLOAD_INVALID' || error.code === 'RB_PAYLOAD_NEWER');
}

function oneOf<T extends string>(answers: readonly T[], answer: unknown): T {
  const state = answers.find((known) => known === answer);
  if (state === undefined) throw new RingbackError('RB_INTERNAL', 'a script gave an answer that is not one of its own');
  return state;
}
