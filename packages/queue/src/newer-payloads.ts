import type { Logger } from '@ringback/contracts';
import type { Job } from 'bullmq';
import { type TSchema, Type } from 'typebox';
import { Value } from 'typebox/value';
import { backoff, type BackoffBounds } from './backoff.ts';

/** What every payload of ours has, whatever its version: a newer Ringback may change all the rest. */
const Envelope = Type.Object({ v: Type.Integer({ minimum: 1 }) });

/** How long a newer payload waits for a newer worker. While there is none, few look at it. */
const NEWER_BACKOFF: BackoffBounds = { minDelay: 1000, maxDelay: 30_000 };
const SAY_EVERY_MS = 60_000;

/** The newest payload version that a schema takes; 0 where it knows none. */
export function newestVersion(schema: TSchema): number {
  if (Type.IsUnion(schema)) return Math.max(0, ...schema.anyOf.map(newestVersion));
  if (!Type.IsObject(schema)) return 0;
  const version = schema.properties['v'];
  return version && Type.IsLiteral(version) && typeof version.const === 'number' ? version.const : 0;
}

/**
 * Tells payloads that only a newer Ringback can read from those that are none of ours. Resolves to the ms for which such a job should wait; undefined: it is not newer.
 * Says so with the first one, and then once a minute with their number.
 */
export function createNewerPayloads({ queue, schema, logger }: { queue: string; schema: TSchema; logger: Logger }) {
  const known = newestVersion(schema);
  let since = 0;
  let saidAt = Number.NEGATIVE_INFINITY;

  return (job: Job): number | undefined => {
    const data: unknown = job.data;
    if (!Value.Check(Envelope, data) || data.v <= known) return undefined;
    since += 1;
    if (performance.now() - saidAt >= SAY_EVERY_MS) {
      const line = { code: 'RB_PAYLOAD_NEWER', queue, job: job.id, version: data.v, known, handedBack: since };
      logger.warn(line, 'job left for a newer worker');
      saidAt = performance.now();
      since = 0;
    }
    return backoff(NEWER_BACKOFF, Math.max(1, job.attemptsStarted));
  };
}
