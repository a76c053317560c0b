import { setTimeout as delay } from 'node:timers/promises';
import { type Callback, callbackKey, callbacksOf, cannotDecrypt, groupCallbacks } from '@ringback/contracts';
import { createRunScript, HISTORY_OVERHEAD, historyKeys } from '@ringback/redis';
import type { Redis } from 'ioredis';
import { Compile } from 'typebox/compile';
import { HistoryEvent } from '../events.ts';
import { GROUP } from './stream-scripts.ts';
import { weightOf } from './weight-of.ts';

const ENTRIES_AT_ONCE = 32;
const LOOK_EVERY_MS = 100;

const event = Compile(HistoryEvent);

export type ForgetInStream = {
  readonly redis: Redis;
  readonly prefix: string;
  /** @throws RingbackError RB_KEY_MISSING or RB_BODY_TAMPERED */
  readonly isIn: (callback: Callback) => boolean;
  /** In text that is no event of ours, or an answer. */
  readonly isNamed: (text: string) => boolean;
  /** Keys of the person's callbacks, as far as they are known. It grows by those that are found. */
  readonly keys: Set<string>;
  readonly dryRun: boolean;
  /** ms that a writer has to finish what it took. */
  readonly patience: number;
};

/** `removed`: callbacks. `changed`: events without a callback. `underWay`: events that a writer has. */
export type ForgottenInStream = { removed: number; changed: number; underWay: number; unreadable: number };

/**
 * KEYS stream, state · ARGV group, id, event (empty: none), callbacks, attempts → `replaced`, `under way` if a writer has
 * it, or `gone`. What is left of an event goes to the end: events may come in any order.
 */
const REPLACE = `
local entry = redis.call('XRANGE', KEYS[1], ARGV[2], ARGV[2])[1]
if not entry then return { 'gone' } end
local pending = redis.pcall('XPENDING', KEYS[1], ARGV[1], ARGV[2], ARGV[2], 1)
if not pending.err and #pending > 0 then return { 'under way' } end
local was = 0
for i = 1, #entry[2], 2 do if entry[2][i] == 'e' then was = #entry[2][i + 1] + ${HISTORY_OVERHEAD} end end
if ARGV[3] ~= '' then redis.call('XADD', KEYS[1], '*', 'c', ARGV[4], 'a', ARGV[5], 'e', ARGV[3]) end
redis.call('XDEL', KEYS[1], ARGV[2])
local is = ARGV[3] == '' and 0 or #ARGV[3] + ${HISTORY_OVERHEAD}
if redis.call('XLEN', KEYS[1]) == 0 then redis.call('HDEL', KEYS[2], 'bytes') else redis.call('HINCRBY', KEYS[2], 'bytes', is - was) end
return { 'replaced' }`;

/** Removes a person from what waits for the history in one shard. Others' callbacks in the same events stay. */
export async function forgetInStream(options: ForgetInStream): Promise<ForgottenInStream> {
  const { redis, prefix } = options;
  const { stream } = historyKeys(prefix);
  const found: ForgottenInStream = { removed: 0, changed: 0, underWay: 0, unreadable: 0 };
  // What is left of events is appended: what was there before is enough.
  const [[last] = []] = await redis.xrevrange(stream, '+', '-', 'COUNT', 1);
  let after = '-';
  if (last === undefined) return found;
  for (;;) {
    const entries = await redis.xrange(stream, after, last, 'COUNT', ENTRIES_AT_ONCE);
    for (const [id, fields] of entries) await forgetEntry(options, { id, text: textIn(fields) }, found);
    const end = entries.at(-1)?.[0];
    if (end === undefined) return found;
    after = `(${end}`;
  }
}

type Entry = { readonly id: string; readonly text: string };

async function forgetEntry(options: ForgetInStream, { id, text }: Entry, found: ForgottenInStream): Promise<void> {
  const { redis, prefix, isNamed, dryRun } = options;
  const was = parse(text);
  if (was === undefined) {
    if (isNamed(text)) found.unreadable += 1;
    return;
  }
  const left = leftOf(was, options);
  if (left === 'unreadable') found.unreadable += 1;
  if (left === was || left === 'unreadable') return;
  const count = was.kind === 'dispatched' ? was.fateOf.length - (left?.kind === 'dispatched' ? left.fateOf.length : 0) : 0;
  const noted = () => (count > 0 ? void (found.removed += count) : void (found.changed += 1));
  if (dryRun) return noted();
  const weight = left === undefined ? { callbacks: 0, attempts: 0 } : weightOf(left);
  const { stream, state } = historyKeys(prefix);
  const args = [GROUP, id, left === undefined ? '' : JSON.stringify(left), String(weight.callbacks), String(weight.attempts)];
  const [answer] = await createRunScript(redis)(REPLACE, [stream, state], args);
  if (answer === 'replaced') noted();
  if (answer === 'under way' && !(await isWritten(options, stream, id))) found.underWay += 1;
}

/** Waits until the writer that has it is done. Then it is in the history. */
async function isWritten({ redis, patience }: ForgetInStream, stream: string, id: string): Promise<boolean> {
  for (const end = performance.now() + patience; performance.now() < end; await delay(LOOK_EVERY_MS))
    if ((await redis.xrange(stream, id, id)).length === 0) return true;
  return false;
}

/** `unreadable`: nobody can tell, since a body cannot be decrypted. */
function leftOf(was: HistoryEvent, options: ForgetInStream) {
  try {
    return withoutPerson(was, options);
  } catch (error) {
    if (cannotDecrypt(error)) return 'unreadable';
    throw error;
  }
}

/** The same: the person is not in it. Undefined: nothing is left. */
function withoutPerson(was: HistoryEvent, { isIn, isNamed, keys }: ForgetInStream): HistoryEvent | undefined {
  const isOther = ({ key }: { readonly key: string }) => !keys.has(key);
  switch (was.kind) {
    case 'dispatched':
      return withoutCallbacks(was, (callback) => {
        const gone = keys.has(callbackKey(callback)) || isIn(callback);
        if (gone) keys.add(callbackKey(callback));
        return gone;
      });
    case 'repeated':
      return rest(was, was.repeats, was.repeats.filter(isOther), (repeats) => ({ ...was, repeats }));
    case 'attempted': {
      const others = was.attempts.filter((one) => isOther(one) && !(one.answer !== undefined && isNamed(one.answer)));
      return rest(was, was.attempts, others, (attempts) => ({ ...was, attempts }));
    }
    case 'changed':
      return rest(was, was.deliveries, was.deliveries.filter(isOther), (deliveries) => ({ ...was, deliveries }));
    case 'acted': {
      const callbacks = was.callbacks?.filter(isOther);
      return callbacks === undefined || callbacks.length === was.callbacks?.length ? was : { ...was, callbacks };
    }
    case 'refused':
      return was;
    default:
      return was satisfies never;
  }
}

function withoutCallbacks(was: Extract<HistoryEvent, { kind: 'dispatched' }>, isGone: (callback: Callback) => boolean) {
  const all = callbacksOf(was).map((callback, index) => ({ callback, fate: was.fateOf[index] ?? 0 }));
  const left = all.filter(({ callback }) => !isGone(callback));
  const groups = () => groupCallbacks(left.map(({ callback }) => callback));
  return rest(was, all, left, () => ({ ...was, groups: groups(), fateOf: left.map(({ fate }) => fate) }));
}

function rest<T>(was: HistoryEvent, all: readonly T[], left: T[], make: (left: T[]) => HistoryEvent): HistoryEvent | undefined {
  if (left.length === all.length) return was;
  return left.length === 0 ? undefined : make(left);
}

function textIn(fields: readonly string[]): string {
  const at = fields.findIndex((name, index) => index % 2 === 0 && name === 'e');
  return fields[at + 1] ?? '';
}

function parse(text: string): HistoryEvent | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return event.Check(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
