import { counterKey } from '../bullmq/keys.ts';
import { CALLBACKS, QUARANTINE, UNROUTED } from '../bullmq/names.ts';

/** One of them exists once a shard has had a callback. An idle process makes none of them. */
export const usedKeys = (prefix: string): readonly string[] =>
  [CALLBACKS, QUARANTINE, UNROUTED].map((queue) => counterKey(prefix, queue));
