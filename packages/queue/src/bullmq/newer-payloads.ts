import { type Logger, RingbackError } from '@ringback/contracts';
import type { Job } from 'bullmq';
import { type TSchema, Type } from 'typebox';
import { Value } from 'typebox/value';
import { backoff, type BackoffBounds } from './backoff.ts';

/** In every version of every payload. */
const Envelope = Type.Object({ v: Type.Integer({ minimum: 1 }), kind: Type.Optional(Type.Unknown()) });

const NEWER_BACKOFF: BackoffBounds = { minDelay: 1000, maxDelay: 30_000 };
const SAY_EVERY_MS = 60_000;

/** `known`: the newest that we can read. */
type Newer = { readonly version: number; readonly known: number };

/** The job waits for a newer worker. */
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

/** Each `kind` counts its own versions. A new kind MUST begin above all known versions. */
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

/** Logs the first, then once a minute their number. ms */
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
