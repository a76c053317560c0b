import type { IRedisClient } from 'bullmq';

/*
 * This file leans on the insides of BullMQ 6.7.0: the answers of the commands that end a job, and what a worker makes
 * of them. held-worker.test.ts fails when they change.
 */

const ENDS_JOB = /^(moveToFinished|moveToDelayed|retryJob):/;
/** No job, no rate limit, and a delayed job that was due long ago: the worker asks for a job next. */
const LOOK_NOW = [0, 0, 0, 1];

/**
 * A worker takes the marker of the next delayed job out of Redis and remembers its time. If a job ends
 * while the worker is held, it takes the empty answer for "none is delayed", and would wait `drainDelay` (5
 * s) for a marker.
 */
export function rememberingDelayed(client: IRedisClient, isHeld: () => boolean): IRedisClient {
  const runCommand: IRedisClient['runCommand'] = async (name, args) => {
    const held = isHeld();
    const reply: unknown = await client.runCommand(name, args);
    return held && reply === 0 && ENDS_JOB.test(name) ? LOOK_NOW : reply;
  };
  return Object.create(client, { runCommand: { value: runCommand } });
}
