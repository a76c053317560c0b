import type { RingbackError } from '@ringback/contracts';
import type { Redis } from 'ioredis';
import { answersPing } from './connection.ts';

const PING_TIMEOUT_MS = 1000;

/** What keeps a process from its work now, found by a real round trip to Redis: lines of `<code>: <reason>`; none: it is ready. Answers within 1 s. */
export async function hindrances(redis: Redis, refusal: () => RingbackError | undefined): Promise<readonly string[]> {
  // Before the connection is made, a PING would only wait in line.
  if (redis.status !== 'ready' || !(await answersPing(redis, PING_TIMEOUT_MS))) {
    return ['RB_REDIS_UNAVAILABLE: Redis does not answer'];
  }
  const refused = refusal();
  return refused === undefined ? [] : [`${refused.code}: ${refused.message}`];
}
