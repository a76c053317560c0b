import { QueueKeys } from 'bullmq';
import type { Redis } from 'ioredis';
import type { QueueDepths } from './queue-state.ts';

/*
 * This file leans on the insides of BullMQ 6.7.0: how it names its keys, of which kind they are, and that the field
 * `paused` of a queue's `meta` says that it is paused, and `timestamp` of a job when it was made. A `Queue` has calls
 * for most of it, but to open one costs more than all of this, and writes to Redis. read-queues.test.ts fails when they change.
 */

export type QueueFacts = QueueDepths & {
  readonly paused: boolean;
  /** When the oldest that waits was made: ms since the epoch, Redis's clock. */
  readonly oldest: number | undefined;
};

type Access = { readonly redis: Redis; readonly prefix: string };
type Command = readonly [name: string, ...args: string[]];

/** Between two of these, Redis serves others. */
const QUEUES_AT_ONCE = 100;
const DELAYED_LOOKED_AT = 50;

/** What stands in queues, in their order: two round trips for a hundred of them. Writes nothing. */
export async function readQueues(access: Access, queues: readonly string[]): Promise<QueueFacts[]> {
  const all: QueueFacts[] = [];
  for (const some of inPortions(queues)) all.push(...(await readPortion(access, some)));
  return all;
}

/** Answers in the order of the commands, in one round trip. @throws the first error */
export async function askAll({ redis }: Pick<Access, 'redis'>, commands: readonly Command[]): Promise<unknown[]> {
  if (commands.length === 0) return [];
  const answers = (await redis.pipeline(commands.map((command) => [...command])).exec()) ?? [];
  return answers.map(([error, answer]) => {
    if (error) throw error;
    return answer;
  });
}

export function inPortions<T>(all: readonly T[]): T[][] {
  const count = Math.ceil(all.length / QUEUES_AT_ONCE);
  return Array.from({ length: count }, (_, index) => all.slice(index * QUEUES_AT_ONCE, (index + 1) * QUEUES_AT_ONCE));
}

async function readPortion(access: Access, queues: readonly string[]): Promise<QueueFacts[]> {
  const keys = new QueueKeys(access.prefix);
  const commands = queues.map((queue) => commandsOf((type) => keys.toKey(queue, type)));
  const perQueue = commands[0]?.length ?? 0;
  const answers = await askAll(access, commands.flat());
  const read = queues.map((queue, index) => {
    const own = answers.slice(index * perQueue, (index + 1) * perQueue);
    const [waiting, delayed, active, dead, paused, ...ids] = own;
    const jobs = ids.flatMap((some) => (Array.isArray(some) ? some.map(String) : []));
    return {
      facts: {
        waiting: Number(waiting),
        delayed: Number(delayed),
        active: Number(active),
        dead: Number(dead),
        paused: paused === 1,
      },
      times: jobs.map((id): Command => ['hget', keys.toKey(queue, id), 'timestamp']),
    };
  });
  const made = await askAll(
    access,
    read.flatMap(({ times }) => times),
  );
  let at = 0;
  return read.map(({ facts, times }) => {
    const own = made.slice(at, (at += times.length)).flatMap((time) => (time === null ? [] : Number(time)));
    return { ...facts, oldest: own.length === 0 ? undefined : Math.min(...own) };
  });
}

function commandsOf(key: (type: string) => string): Command[] {
  return [
    ['llen', key('wait')],
    ['zcard', key('delayed')],
    ['llen', key('active')],
    ['zcard', key('failed')],
    ['hexists', key('meta'), 'paused'],
    // The oldest is taken next, from the right end.
    ['lrange', key('wait'), '-1', '-1'],
    ['zrange', key('delayed'), '0', String(DELAYED_LOOKED_AT - 1)],
  ];
}
