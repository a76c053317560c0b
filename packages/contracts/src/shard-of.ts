import { hash } from 'node:crypto';
import { type Callback, callbackKey } from './callback.ts';

/** 48 bits. */
const PLACED_BY_BYTES = 6;

/** A number from 0 to 2^48 - 1 for a key of `callbackKey`. Redis and spools hold what it placed: it MUST never change. */
export function placeOfKey(key: string): number {
  return Buffer.from(key, 'base64url').readUIntBE(0, PLACED_BY_BYTES);
}

/** The shard of a callback, from 0 to `shards` - 1. All that dedupe compares has the same key, so it meets in one shard. */
export function shardOf(key: string, shards: number): number {
  return shards === 1 ? 0 : placeOfKey(key) % shards;
}

/** Where an output is counted that has a limit over all shards. */
export function homeShardOf(output: string, shards: number): number {
  return shardOf(hash('sha256', output, 'base64url'), shards);
}

/** Of what each shard has one, the one where a callback belongs. */
export function createShardFinder<T>(all: readonly T[]): (callback: Pick<Callback, 'source' | 'account' | 'id'>) => T {
  const [first] = all;
  if (first === undefined) throw new TypeError('there is no shard');
  // Without a hash.
  if (all.length === 1) return () => first;
  return (callback) => all[shardOf(callbackKey(callback), all.length)] ?? first;
}

/** One shard's part of a bound that is for the whole installation. */
export function partOfShard(whole: number, shards: number): number {
  return Math.ceil(whole / shards);
}
