/*
 * This file leans on the insides of ioredis 6.0.0: the words of its errors when a connection was lost or is
 * slow. They have no code. ioredis-losses.test.ts fails when they change.
 */

/** By the first words, and what that means. */
const LOSSES: readonly (readonly [words: string, plain: string])[] = [
  ['connection closed', 'connection closed'],
  ['Connection is closed', 'connection closed'],
  ['Reached the max retries per request limit', 'the connection was lost'],
  ['Socket timeout', 'nothing came over the connection for too long'],
  ['Command timed out', 'a command took too long'],
  ["Stream isn't writeable", 'there is no connection'],
  ['connect ETIMEDOUT', 'no connection came about in time'],
];

/** In plain words; undefined: it is none. */
export function lossOf(error: Error): string | undefined {
  return LOSSES.find(([words]) => error.message.startsWith(words))?.[1];
}
