import { RingbackError } from '@ringback/contracts';
import type { CallbackRef } from '@ringback/history';
import { createRunScript } from '@ringback/redis';
import type { Redis } from 'ioredis';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';

/*
 * What a replay has done, in a hash on shard 0: `plan`, `next` (the number of the next chunk), `chunk` (the one that is
 * being queued), `after` (the last callback that is done) and `counts`.
 */

const time = Type.Integer();

const Plan = Type.Object({
  v: Type.Literal(1),
  /** Digest of all that decides what is replayed, and how; without times, which `since 2h` changes. */
  digest: Type.String(),
  since: Type.Optional(time),
  until: time,
});
type Plan = Static<typeof Plan>;

/** Callbacks that are queued together. What it holds is settled: a second run queues the same. */
const Chunk = Type.Object({
  at: time,
  callbacks: Type.Array(Type.Object({ key: Type.String(), receivedAt: time, to: Type.Array(Type.String()) })),
});
export type Chunk = Static<typeof Chunk>;

const counter = Type.Integer({ minimum: 0 });
const Counts = Type.Object({
  callbacks: counter,
  deliveries: Type.Record(Type.String(), counter),
  withoutBody: counter,
  onTheirWay: counter,
  unrouted: counter,
  dropped: counter,
  /** These two are absent: an earlier version did not ask. */
  notAsked: Type.Optional(counter),
  ended: Type.Optional(counter),
});
/**
 * `notAsked`: deliveries left out, since it could not be asked whether they are still on their way. `ended`: callbacks left
 * out, since their deliveries are waiting or parked in the history alone, and have ended.
 */
export type ReplayCounts = Required<Static<typeof Counts>>;

const Ref = Type.Object({ key: Type.String(), receivedAt: time });

const NONE = { callbacks: 0, withoutBody: 0, onTheirWay: 0, unrouted: 0, dropped: 0, notAsked: 0, ended: 0 };
export const NO_COUNTS: ReplayCounts = { ...NONE, deliveries: {} };

type Standing = {
  readonly plan: Plan;
  readonly next: number;
  /** The chunk that a killed run left. */
  readonly left: Chunk | undefined;
  readonly after: CallbackRef | undefined;
  readonly counts: ReplayCounts;
};

/** KEYS state · ARGV plan, ms to live → what stands */
const OPEN = `
redis.call('HSETNX', KEYS[1], 'plan', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return redis.call('HMGET', KEYS[1], 'plan', 'next', 'chunk', 'after', 'counts')`;

/** KEYS state · ARGV number, chunk → the chunk with this number, whoever settled it first; nothing if it is done */
const SETTLE = `
if (redis.call('HGET', KEYS[1], 'next') or '0') ~= ARGV[1] then return {} end
redis.call('HSETNX', KEYS[1], 'chunk', ARGV[2])
return { redis.call('HGET', KEYS[1], 'chunk') }`;

/** KEYS state · ARGV number, next number, last callback, counts, ms to live */
const FINISH = `
if (redis.call('HGET', KEYS[1], 'next') or '0') ~= ARGV[1] then return {} end
redis.call('HSET', KEYS[1], 'next', ARGV[2], 'after', ARGV[3], 'counts', ARGV[4])
redis.call('HDEL', KEYS[1], 'chunk')
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return {}`;

export type ReplayState = {
  /** @throws RingbackError RB_REPLAY_DIFFERS if another replay has this id */
  open(plan: Plan): Promise<Standing>;
  /** The chunk with this number: another run may have settled it. Undefined: another run has finished it. */
  settle(number: number, chunk: Chunk): Promise<Chunk | undefined>;
  finish(number: number, done: { readonly after: CallbackRef; readonly counts: ReplayCounts }): Promise<void>;
};

type Options = {
  readonly redis: Redis;
  readonly prefix: string;
  readonly id: string;
  readonly liveMs: number;
  /** Waits until what was written meets `redis.durability`. */
  readonly confirm: () => Promise<void>;
};

export function createReplayState({ redis, prefix, id, liveMs, confirm }: Options): ReplayState {
  const run = createRunScript(redis);
  const key = `${prefix}:replay:${id}`;
  const live = String(liveMs);
  return {
    async open(wanted) {
      const [text, next, left, after, counts] = await run(OPEN, [key], [JSON.stringify(wanted), live]);
      const plan = parsed(Plan, text) ?? damaged();
      if (plan.digest !== wanted.digest) throw differs(id);
      const standing = { next: Number(next ?? 0), left: parsed(Chunk, left), after: parsed(Ref, after) };
      return { plan, ...standing, counts: { ...NO_COUNTS, ...parsed(Counts, counts) } };
    },
    async settle(number, chunk) {
      const [settled] = await run(SETTLE, [key], [String(number), JSON.stringify(chunk)]);
      await confirm();
      return parsed(Chunk, settled);
    },
    async finish(number, { after: { key: last, receivedAt }, counts }) {
      const after = JSON.stringify({ key: last, receivedAt });
      await run(FINISH, [key], [String(number), String(number + 1), after, JSON.stringify(counts), live]);
    },
  };
}

function differs(id: string): RingbackError {
  const what = `a replay ${id} was begun with other filters, outputs or ids`;
  return new RingbackError('RB_REPLAY_DIFFERS', `${what}: run it as it was begun, or take another --replay-id`);
}

type Schema = typeof Plan | typeof Chunk | typeof Counts | typeof Ref;

function parsed<T extends Schema>(schema: T, text: unknown): Static<T> | undefined {
  if (typeof text !== 'string') return undefined;
  const value: unknown = JSON.parse(text);
  return Value.Check(schema, value) ? value : damaged();
}

function damaged(): never {
  throw new RingbackError('RB_PAYLOAD_INVALID', 'what Redis knows of this replay is not of our making: take another --replay-id');
}
