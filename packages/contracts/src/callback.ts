import { hash } from 'node:crypto';
import { Type, type Static } from 'typebox';

/** One inbound message, verified and read by its source. */
export const Callback = Type.Object({
  /** The provider's request id. */
  id: Type.String(),
  source: Type.String(),
  /** The account's public id at the source. */
  account: Type.String(),
  /** Dotted event type, e.g. `callbot.task.completed`. */
  type: Type.String(),
  /** When it was signed, ms since the epoch. */
  time: Type.Integer(),
  /** ms since the epoch. */
  receivedAt: Type.Integer(),
  /** The UTF-8 text as received, never re-serialised. */
  body: Type.String(),
  /** What the source knows beyond the body: see `Source.businessKey`. */
  about: Type.Optional(Type.String()),
  /** Of a replay under a new id: what its deliveries have as idempotency key, in place of the key of the callback. */
  deliverAs: Type.Optional(Type.String()),
  /** W3C Trace Context of its request. Absent: it is not traced. The history does not keep it. */
  traceparent: Type.Optional(Type.String()),
  tracestate: Type.Optional(Type.String()),
});
export type Callback = Static<typeof Callback>;

/** Values of the W3C headers `traceparent` and `tracestate`. */
export type TraceHeaders = { readonly traceparent: string; readonly tracestate?: string };

/**
 * 60 bits of the body's SHA-256, as 10 URL-safe characters: a claim then fits into 48 bytes of Redis memory.
 */
export function bodyDigest(body: string | Uint8Array): string {
  return hash('sha256', body, 'base64url').slice(0, 10);
}

/** How an encrypted body begins. No JSON does. */
export const SEALED_MARK = 'rb1.';

/** Names a callback in queue and ledger: 22 URL-safe characters from source, account and request id. */
export function callbackKey(callback: Pick<Callback, 'source' | 'account' | 'id'>): string {
  const identity = JSON.stringify([callback.source, callback.account, callback.id]);
  return hash('sha256', identity, 'base64url').slice(0, 22);
}

/** The same for every attempt and every duplicate. `key` is `callbackKey(callback)`. */
export function idempotencyKeyOf({ deliverAs }: Pick<Callback, 'deliverAs'>, key: string): string {
  return `msg_${deliverAs ?? key}`;
}
