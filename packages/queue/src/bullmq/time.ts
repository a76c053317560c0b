import type { IRedisClient, Queue } from 'bullmq';
import type { RedisClock } from '@ringback/redis';

/*
 * This file leans on the insides of BullMQ 6.7.0: at which place its commands carry the time, and what they
 * answer. time.test.ts fails when they change.
 */

/**
 * At which place of a command's arguments, keys included, BullMQ puts `Date.now()`: by it Redis decides which
 * delayed jobs are due, and when a retry will be.
 */
const TIME_AT: Readonly<Record<string, number>> = {
  moveToActive: 12,
  moveToDelayed: 12,
  moveToFinished: 15,
  moveStalledJobsToWait: 11,
  retryJob: 12,
};

/** In the answer of a command that takes a job: until when none is due. */
const DELAY_UNTIL_AT = 3;

const clockOf = new WeakMap<object, RedisClock>();

/**
 * A client whose commands carry Redis's time in place of ours. What comes back is in our time, since BullMQ
 * compares it with our clock.
 */
export function onRedisTime(client: IRedisClient, clock: RedisClock): IRedisClient {
  const runCommand: IRedisClient['runCommand'] = async (name, args) => {
    const at = TIME_AT[name.slice(0, name.indexOf(':'))];
    if (at === undefined) return client.runCommand(name, args);
    if (!clock.isKnown()) await clock.measure();
    if (clock.ahead() === 0) return client.runCommand(name, args);
    const reply: unknown = await client.runCommand(name, args.with(at, clock.now()));
    return Array.isArray(reply) ? inOurTime(reply, clock.ahead()) : reply;
  };
  // The worker's connection on which it waits for jobs; it tells when the next one is due.
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

/**
 * The options by which a new job is counted from Redis's time. None where our clock is right: they would take
 * room in every job.
 */
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

/**
 * BullMQ renews a job's lock by when it was taken: a time ahead of our clock would keep it from that.
 * `fields` are names and values in turn.
 */
function withOurStart(fields: readonly unknown[], ahead: number): unknown[] {
  return fields.map((value, index) =>
    index % 2 === 1 && fields[index - 1] === 'processedOn' ? later(String(value), ahead) : value,
  );
}

function later(time: string, ahead: number): string {
  const ms = Number(time);
  return ms > 0 ? String(Math.round(ms + ahead)) : time;
}
