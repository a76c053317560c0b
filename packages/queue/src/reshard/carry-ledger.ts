import { shardOf } from '@ringback/contracts';
import { createRunScript, ledgerKeyStart } from '@ringback/redis';
import type { Redis } from 'ioredis';
import type { LeftBatches } from './left-batches.ts';
import { needRoom, type Plan, placeAt, type ShardPlace } from './place.ts';

const KEYS_AT_ONCE = 1000;
const NO_TTL = -1;

const isClaim = (name: string) => !name.includes('.');

export type CarriedLedger = { readonly claims: number; readonly outcomes: number };

/** Moves claims to the shards of their callbacks, and outcomes to where their deliveries go. May be cut off and run again. */
export async function carryLedger(plan: Plan, number: number, left: LeftBatches): Promise<CarriedLedger> {
  const from = placeAt(plan, number);
  const start = ledgerKeyStart(from.prefix);
  let [claims, outcomes, cursor] = [0, 0, '0'];
  do {
    const [next, keys] = await from.redis.scan(cursor, 'MATCH', `${start}*`, 'COUNT', KEYS_AT_ONCE);
    const names = [...new Set(keys)].map((key) => key.slice(start.length));
    claims += await carryClaims({ plan, from, left }, names.filter(isClaim));
    outcomes += await carryOutcomes(
      plan,
      from,
      names.filter((name) => !isClaim(name)),
    );
    cursor = next;
  } while (cursor !== '0');
  return { claims, outcomes };
}

type Claiming = { readonly plan: Plan; readonly from: ShardPlace; readonly left: LeftBatches };
type Claim = { readonly name: string; readonly value: string; readonly ttl: number };

async function carryClaims({ plan, from, left }: Claiming, names: readonly string[]): Promise<number> {
  const shardOfClaim = (name: string) => shardOf(name, plan.to);
  const seen = left.size > 0 ? names : names.filter((name) => shardOfClaim(name) !== from.number);
  const claims = await readClaims(from, seen);
  const isFree = ({ name, value }: Claim) => left.get(value.slice(0, value.indexOf(' ')))?.has(name) === false;
  const going = claims.filter((claim) => !isFree(claim) && shardOfClaim(claim.name) !== from.number);
  for (const [number, own] of Map.groupBy(going, ({ name }) => shardOfClaim(name))) {
    const to = placeAt(plan, number);
    await needRoom(to);
    await writeClaims(to, own);
    await to.confirm();
  }
  const gone = [...going, ...claims.filter(isFree)].map(({ name }) => `${ledgerKeyStart(from.prefix)}${name}`);
  if (gone.length > 0) await from.redis.del(...gone);
  return going.length;
}

async function readClaims({ redis, prefix }: ShardPlace, names: readonly string[]): Promise<Claim[]> {
  if (names.length === 0) return [];
  const keys = names.map((name) => `${ledgerKeyStart(prefix)}${name}`);
  const pipeline = redis.pipeline();
  for (const key of keys) pipeline.pttl(key);
  const [values, ttls] = await Promise.all([redis.mget(keys), answersOf(pipeline)]);
  // It may have expired just now.
  return names.flatMap((name, index) => {
    const value = values[index];
    return typeof value === 'string' ? [{ name, value, ttl: Number(ttls[index]) }] : [];
  });
}

async function writeClaims({ redis, prefix }: ShardPlace, claims: readonly Claim[]): Promise<void> {
  const pipeline = redis.pipeline();
  for (const { name, value, ttl } of claims) {
    const key = `${ledgerKeyStart(prefix)}${name}`;
    if (ttl > 0) pipeline.set(key, value, 'PX', ttl, 'NX');
    else if (ttl === NO_TTL) pipeline.set(key, value, 'NX');
  }
  await answersOf(pipeline);
}

async function answersOf(pipeline: ReturnType<Redis['pipeline']>): Promise<unknown[]> {
  const answers = (await pipeline.exec()) ?? [];
  for (const [error] of answers) if (error) throw error;
  return answers.map(([, answer]) => answer);
}

/** KEYS outcomes · ARGV lifetime in ms, fields and values. `delivered` stays, and so does a longer lifetime. */
const MERGE = `
for i = 2, #ARGV, 2 do
  if ARGV[i + 1] == 'delivered' then redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
  else redis.call('HSETNX', KEYS[1], ARGV[i], ARGV[i + 1]) end
end
local lives = redis.call('PTTL', KEYS[1])
if lives < tonumber(ARGV[1]) then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {}`;

async function carryOutcomes(plan: Plan, from: ShardPlace, names: readonly string[]): Promise<number> {
  const homeOf = (name: string) => plan.homeOf(name.slice(name.lastIndexOf('.') + 1), from.number);
  const going = names.filter((name) => homeOf(name) !== from.number);
  const targets = new Set(going.map((name) => placeAt(plan, homeOf(name))));
  await Promise.all([...targets].map(needRoom));
  await Promise.all(
    going.map(async (name) => {
      const key = `${ledgerKeyStart(from.prefix)}${name}`;
      const [fields, ttl] = await Promise.all([from.redis.hgetall(key), from.redis.pttl(key)]);
      const flat = Object.entries(fields).flat();
      if (flat.length === 0 || ttl <= 0) return;
      const to = placeAt(plan, homeOf(name));
      await createRunScript(to.redis)(MERGE, [`${ledgerKeyStart(to.prefix)}${name}`], [String(ttl), ...flat]);
    }),
  );
  await Promise.all([...targets].map((to) => to.confirm()));
  if (going.length > 0) await from.redis.del(...going.map((name) => `${ledgerKeyStart(from.prefix)}${name}`));
  return going.length;
}
