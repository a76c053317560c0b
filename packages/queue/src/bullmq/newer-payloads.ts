import { type Logger, RingbackError } from '@ringback/contracts';
import type { Job } from 'bullmq';
import { type TSchema, Type } from 'typebox';
import { Value } from 'typebox/value';
import { backoff, type BackoffBounds } from './backoff.ts';

/** What every payload of ours has, whatever its version: a newer Ringback may change all the rest. */
const Envelope = Type.Object({ v: Type.Integer({ minimum: 1 }), kind: Type.Optional(Type.Unknown()) });

/** How long a newer payload waits for a newer worker. While there is none, few look at it. */
const NEWER_BACKOFF: BackoffBounds = { minDelay: 1000, maxDelay: 30_000 };
const SAY_EVERY_MS = 60_000;

/** `known`: the newest version that this process can read. */
type Newer = { readonly version: number; readonly known: number };

/** Only a newer Ringback can read what a job holds or names. A job whose handler throws it waits for a newer worker. */
export class NewerPayload extends RingbackError {
  readonly newer: Newer;

  constructor(newer: Newer) {
    super(
      'RB_PAYLOAD_NEWER',
      `written by a newer Ringback: version ${newer.version}, and ${newer.known} is the newest known here`,
    );
    this.name = 'NewerPayload';
    this.newer = newer;
  }
}

/**
 * Tells payloads that only a newer Ringback can read from those that are none of ours. Each `kind` of a schema counts its own versions.
 * One that has no such kind is newer than ours only beyond all of them: a new kind MUST begin there.
 */
export function newerThan(schema: TSchema, data: unknown): Newer | undefined {
  if (!Value.Check(Envelope, data)) return undefined;
  const ours = variantsOf(schema);
  const own = ours.filter(({ kind }) => kind === data.kind);
  const known = Math.max(0, ...(own.length > 0 ? own : ours).map(({ version }) => version));
  return data.v > known ? { version: data.v, known } : undefined;
}

type Variant = { readonly kind: unknown; readonly version: number };

function variantsOf(schema: TSchema): Variant[] {
  if (Type.IsUnion(schema)) return schema.anyOf.flatMap(variantsOf);
  if (!Type.IsObject(schema)) return [];
  const version = literal(schema.properties['v']);
  return typeof version === 'number' ? [{ kind: literal(schema.properties['kind']), version }] : [];
}

function literal(schema: TSchema | undefined): unknown {
  return schema && Type.IsLiteral(schema) ? schema.const : undefined;
}

/** Tells how many ms a newer payload's job should wait. Says so with the first one, and then once a minute with their number. */
export function createNewerPayloads({ queue, logger }: { queue: string; logger: Logger }) {
  let since = 0;
  let saidAt = Number.NEGATIVE_INFINITY;

  return (job: Job, newer: Newer): number => {
    since += 1;
    if (performance.now() - saidAt >= SAY_EVERY_MS) {
      const line = { code: 'RB_PAYLOAD_NEWER', queue, job: job.id, ...newer, handedBack: since };
      logger.warn(line, 'job left for a newer worker');
      saidAt = performance.now();
      since = 0;
    }
    return backoff(NEWER_BACKOFF, Math.max(1, job.attemptsStarted));
  };
}
