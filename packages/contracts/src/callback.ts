import { hash } from 'node:crypto';
import { Type, type Static } from 'typebox';

/** One inbound message, verified and read by its source. `body` is the very text that came, byte for byte. */
export const Callback = Type.Object({
  /** The provider's request id; opaque. */
  id: Type.String(),
  /** Name of the configured source. */
  source: Type.String(),
  /** The account's public id at the source (its `uuid`). */
  account: Type.String(),
  /** Dotted event type, e.g. `callbot.task.completed`. */
  type: Type.String(),
  /** When the provider signed it, ms since the epoch. */
  time: Type.Integer(),
  /** When the ingress took it, ms since the epoch. */
  receivedAt: Type.Integer(),
  /** The body's UTF-8 text, never re-serialised. */
  body: Type.String(),
  /** What it is about, where the source knows that from more than the body: see `Source.businessKey`. */
  about: Type.Optional(Type.String()),
});
export type Callback = Static<typeof Callback>;

/** 10 URL-safe characters (60 bits) of the SHA-256 over the body: tells whether two callbacks of one request id say the same. Few enough for a claim to fit into the 48 bytes that Redis allocates. */
export function bodyDigest(body: string | Uint8Array): string {
  return hash('sha256', body, 'base64url').slice(0, 10);
}

/**
 * The short name under which queue and ledger know a callback: 22 URL-safe characters (128 bits or more) derived from source, account
 * and request id, so that a repeat, on whatever day, has the same one. Safe as a BullMQ job id and as a Redis key.
 */
export function callbackKey(callback: Pick<Callback, 'source' | 'account' | 'id'>): string {
  const identity = JSON.stringify([callback.source, callback.account, callback.id]);
  return hash('sha256', identity, 'base64url').slice(0, 22);
}
