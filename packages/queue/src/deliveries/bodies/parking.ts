import { randomBytes } from 'node:crypto';
import { bodyDigest, type Callback, callbackKey, StoredShare } from '@ringback/contracts';
import { createRunScript, outcomesKey } from '@ringback/redis';
import type { Redis } from 'ioredis';
import { Compile } from 'typebox/compile';
import { batchPartId } from '../../bullmq/names.ts';
import { decodeBodies, encodeBodies, notOurs, parseStored } from './blob.ts';
import { placesOf } from './bodies.ts';
import { backlogKey, bodiesKey, heldKey, referenceJobKey } from './keys.ts';
import { BRING_BACK, MARK, PARK } from './park-scripts.ts';

const share = Compile(StoredShare);
/** A parker that died or stands still leaves its mark. */
const MARK_COUNTS_FOR_S = 10;
const BACK = ['returned', 'settled', 'here', 'elsewhere'] as const;

/** A held share that nobody else parks now. */
export type MarkedShare = {
  readonly id: string;
  readonly output: string;
  readonly mark: string;
  readonly batch: string;
  readonly callbacks: readonly Callback[];
};

/** Deliveries of one batch that were parked from the same bodies. `round`: how often each has begun to rest. */
export type ParkedGroup = {
  readonly output: string;
  readonly batch: string;
  /** The id of these bodies. */
  readonly from: string;
  readonly deliveries: readonly { readonly callback: Callback; readonly round: number }[];
};

/**
 * `returned`: the output holds it. `settled`: it is in another place or has ended. `here`: what it was parked from
 * still has it. Of these three the parked one can go. `elsewhere`: not now.
 */
type Back = (typeof BACK)[number];

/** Takes held deliveries out of Redis, and brings them back. */
export type Parking = {
  /** Ids of held shares, the newest first, without the oldest. */
  newest(output: string, count: number): Promise<string[]>;
  /** Undefined: it is held no more, or another parks it. @throws NewerPayload, RingbackError RB_PAYLOAD_INVALID */
  mark(id: string, output: string): Promise<MarkedShare | undefined>;
  /** MUST follow the writing of all its deliveries. Resolves to those that rest now. Undefined: the share stays. */
  park(marked: MarkedShare): Promise<readonly Callback[] | undefined>;
  /** In the order of the deliveries. May run again, and at several processes at once. */
  bringBack(group: ParkedGroup): Promise<Back[]>;
  /** True for those that the ledger knows to be in another place, or to have ended. */
  areSettled(group: ParkedGroup): Promise<boolean[]>;
};

/** @param window of the ledger, ms */
export function createParking({ redis, prefix, window }: { redis: Redis; prefix: string; window: number }): Parking {
  const run = createRunScript(redis);
  const seconds = String(Math.ceil(window / 1000));

  return {
    async newest(output, count) {
      const [ids, all] = await Promise.all([
        redis.lrange(heldKey(prefix, output), -count, -1),
        redis.llen(heldKey(prefix, output)),
      ]);
      return ids.slice(ids.length < all ? 0 : 1).toReversed();
    },
    async mark(id, output) {
      const mark = randomBytes(9).toString('base64url');
      const keys = [bodiesKey(prefix, id), referenceJobKey(prefix, id, output)];
      const [answer, blob, entry] = await bufferReply(redis, MARK, keys, [output, mark, String(MARK_COUNTS_FOR_S)]);
      if (answer?.toString() !== 'marked') return undefined;
      const { batch, callbacks } = await decodeBodies(blob ?? notOurs());
      const own = parseStored(entry ?? notOurs());
      if (!share.Check(own)) return notOurs();
      const places = placesOf(own);
      return { id, output, mark, batch, callbacks: places?.flatMap((place) => callbacks[place] ?? []) ?? callbacks };
    },
    async park({ id, output, mark, batch, callbacks }) {
      const held = [bodiesKey(prefix, id), backlogKey(prefix), heldKey(prefix, output), referenceJobKey(prefix, id, output)];
      const keys = [...held, outcomesKey({ prefix, batch, output })];
      const [answer, ...rests] = await run(PARK, keys, [output, id, mark, seconds, ...callbacks.map(callbackKey)]);
      return answer === 'parked' ? callbacks.filter((_, index) => rests[index] === 1) : undefined;
    },
    bringBack: createBringBack({ redis, prefix, seconds }),
    async areSettled({ output, batch, deliveries }) {
      const keys = deliveries.map(({ callback }) => callbackKey(callback));
      const outcomes = await redis.hmget(outcomesKey({ prefix, batch, output }), ...keys);
      return outcomes.map((outcome) => outcome !== null && outcome !== 'parked');
    },
  };
}

type Scripts = { readonly redis: Redis; readonly prefix: string; readonly seconds: string };

function createBringBack({ redis, prefix, seconds }: Scripts): Parking['bringBack'] {
  const bringBack = createRunBack({ redis, prefix, seconds });
  return async (group) => {
    const first = await bringBack(group, 'ask');
    const unsure = group.deliveries.filter((_, index) => first[index] === 'here');
    if (unsure.length === 0) return first;
    // The bodies may stand anew, without these.
    const stands = await standing(redis, prefix, group);
    const gone = unsure.filter(({ callback }) => !stands.has(callbackKey(callback)));
    const second = gone.length === 0 ? [] : await bringBack({ ...group, deliveries: gone }, 'do not ask');
    return group.deliveries.map((delivery, index) => second[gone.indexOf(delivery)] ?? first[index] ?? 'elsewhere');
  };
}

function createRunBack({ redis, prefix, seconds }: Scripts) {
  const run = createRunScript(redis);
  return async ({ output, batch, from, deliveries }: ParkedGroup, about: 'ask' | 'do not ask'): Promise<Back[]> => {
    const callbacks = deliveries.map(({ callback }) => callback);
    const keys = callbacks.map(callbackKey);
    // The rounds: a job of the same deliveries that is ending MUST NOT be taken for the new one.
    const part = [output, ...keys.map((key, index) => `${key} ${deliveries[index]?.round}`)].join('\n');
    const id = batchPartId(batch, bodyDigest(part));
    const { bytes, digest } = await encodeBodies(batch, callbacks, true);
    const of = [bodiesKey(prefix, id), backlogKey(prefix), heldKey(prefix, output), outcomesKey({ prefix, batch, output })];
    const ask = about === 'ask' ? '0' : '1';
    const entry = JSON.stringify({ batch });
    const answers = await run(
      BRING_BACK,
      [...of, referenceJobKey(prefix, id, output), bodiesKey(prefix, from)],
      [output, id, seconds, bytes, digest, entry, ask, ...keys],
    );
    return keys.map((_, index) => BACK.find((known) => known === answers[index]) ?? 'elsewhere');
  };
}

/** Keys of what the output still has of these bodies. Damaged ones become a dead letter, whatever they held. */
async function standing(redis: Redis, prefix: string, { from, output }: ParkedGroup): Promise<ReadonlySet<string>> {
  const [blob, entry] = await redis.hmgetBuffer(bodiesKey(prefix, from), 'bodies', `@${output}`);
  if (!blob || !entry) return new Set();
  const { callbacks } = await decodeBodies(blob);
  const own = parseStored(entry);
  if (!share.Check(own)) return notOurs();
  const places = placesOf(own);
  return new Set((places?.flatMap((place) => callbacks[place] ?? []) ?? callbacks).map(callbackKey));
}

/** The blob is no text. */
async function bufferReply(redis: Redis, script: string, keys: readonly string[], args: readonly string[]): Promise<Buffer[]> {
  const reply: unknown = await redis.callBuffer('EVAL', script, keys.length, ...keys, ...args);
  return Array.isArray(reply) ? reply.filter((part) => Buffer.isBuffer(part)) : [];
}
