import type { IRedisClient, Queue } from 'bullmq';
import type { RedisClock } from '@ringback/redis';

/*
 * This file leans on the insides of BullMQ 6.7.0: at which place its commands carry the time, and what they
 * answer. time.test.ts fails when they change.
 */

/** The argument, keys included, that is `Date.now()`. */
const TIME_AT: Readonly<Record<string, number>> = {
  moveToActive: 12,
  moveToDelayed: 12,
  moveToFinished: 15,
  moveStalledJobsToWait: 11,
  retryJob: 12,
};

/** In an answer: until when no job is due. */
const DELAY_UNTIL_AT = 3;

const clockOf = new WeakMap<object, RedisClock>();

/** Commands carry Redis's time. Answers are in ours, with which BullMQ compares them. */
export function onRedisTime(client: IRedisClient, clock: RedisClock): IRedisClient {
  const runCommand: IRedisClient['runCommand'] = async (name, args) => {
    const at = TIME_AT[name.slice(0, name.indexOf(':'))];
    if (at === undefined) return client.runCommand(name, args);
    if (!clock.isKnown()) await clock.measure();
    if (clock.ahead() === 0) return client.runCommand(name, args);
    const reply: unknown = await client.runCommand(name, args.with(at, clock.now()));
    return Array.isArray(reply) ? inOurTime(reply, clock.ahead()) : reply;
  };
  // On it a worker waits for jobs.
  const duplicate: IRedisClient['duplicate'] = (...args) => onRedisTime(client.duplicate(...args), clock);
  const bzpopmin: IRedisClient['bzpopmin'] = async (...args) => {
    const reply = await client.bzpopmin(...args);
    return reply === null ? reply : [reply[0], reply[1], later(reply[2], clock.ahead())];
  };
  const wrapped: IRedisClient = Object.create(client, {
    runCommand: { value: runCommand },
    duplicate: { value: duplicate },
    bzpopmin: { value: bzpopmin },
  });
  clockOf.set(wrapped, clock);
  return wrapped;
}

/** None if our clock is right: they take room in every job. */
export async function timeOfNewJobs(queue: Queue): Promise<{ timestamp?: number }> {
  const clock = clockOf.get(queue.opts.connection);
  if (clock === undefined) return {};
  if (!clock.isKnown()) await clock.measure();
  return clock.ahead() === 0 ? {} : { timestamp: clock.now() };
}

function inOurTime(reply: readonly unknown[], ahead: number): unknown[] {
  return reply.map((part, index) => {
    if (index === DELAY_UNTIL_AT && typeof part === 'number') return part > 0 ? part + ahead : part;
    return index === 0 && Array.isArray(part) ? withOurStart(part, ahead) : part;
  });
}

/** A time ahead of our clock would keep BullMQ from renewing the lock. */
function withOurStart(fields: readonly unknown[], ahead: number): unknown[] {
  return fields.map((value, index) =>
    index % 2 === 1 && fields[index - 1] === 'processedOn' ? later(String(value), ahead) : value,
  );
}

function later(time: string, ahead: number): string {
  const ms = Number(time);
  return ms > 0 ? String(Math.round(ms + ahead)) : time;
}
