import { setTimeout as delay } from 'node:timers/promises';
import type { IRedisClient } from 'bullmq';
import { createRenewal } from '@ringback/redis';

/*
 * This file leans on the insides of BullMQ 6.7.0: that it asks for INFO, what of it makes it warn, by which
 * commands a worker fetches jobs, and that it waits for them on another connection. client.test.ts fails when
 * that changes.
 */

/** The oldest that BullMQ takes without a warning. */
const UNKNOWN_SERVER = 'redis_version:6.2.0';
const MIN_WAIT_MS = 100;
const MAX_WAIT_MS = 2000;

/**
 * A connection whose INFO never fails. If it failed once, each call of that queue or worker would fail at
 * once, and a worker would loop without a turn of the event loop. Readiness tells that INFO is forbidden.
 */
export function withoutInfo(client: IRedisClient): IRedisClient {
  const info: IRedisClient['info'] = async () => {
    try {
      const text = await client.info();
      return withoutWarnings(text);
    } catch (error) {
      if (client.status === 'end') throw error;
      return UNKNOWN_SERVER;
    }
  };
  const duplicate: IRedisClient['duplicate'] = (options) =>
    withoutInfo(client.duplicate({ ...options, reconnectOnError: createRenewal().wanted }));
  return Object.create(client, { info: { value: info }, duplicate: { value: duplicate } });
}

/** BullMQ prints these with each queue, in the midst of log lines. Readiness tells the same. */
function withoutWarnings(info: string): string {
  if (/^redis_version:(?:[0-5]|6\.[01])\./m.test(info)) return UNKNOWN_SERVER;
  return info.replace(/^maxmemory_policy:.*$/m, 'maxmemory_policy:noeviction');
}

/**
 * Holds back the failures of a worker's fetches, up to 2 s: BullMQ would ask again at once. `stop` ends it.
 */
export function backingOff(client: IRedisClient, stop: AbortSignal): IRedisClient {
  const fetching = createBackOff(stop);
  const runCommand: IRedisClient['runCommand'] = (name, args) =>
    name.startsWith('moveToActive') ? fetching(client.runCommand(name, args)) : client.runCommand(name, args);
  const duplicate: IRedisClient['duplicate'] = (options) => {
    const blocking = client.duplicate(options);
    const waiting = createBackOff(stop);
    const bzpopmin: IRedisClient['bzpopmin'] = (...args) => waiting(blocking.bzpopmin(...args));
    return Object.create(blocking, { bzpopmin: { value: bzpopmin } });
  };
  return Object.create(client, { runCommand: { value: runCommand }, duplicate: { value: duplicate } });
}

function createBackOff(stop: AbortSignal): <T>(command: Promise<T>) => Promise<T> {
  let failures = 0;
  return async (command) => {
    try {
      const reply = await command;
      failures = 0;
      return reply;
    } catch (error) {
      const wait = Math.min(MIN_WAIT_MS * 2 ** failures, MAX_WAIT_MS);
      failures += 1;
      await delay(wait, undefined, { signal: stop, ref: false }).catch(() => {});
      throw error;
    }
  };
}
