import type { TSchema } from 'typebox';
import type { Callback } from './callback.ts';

/** An HTTP request as it came, before anything is believed. */
export type InboundRequest = {
  /** Every header with all the values it was sent with; names in lower case; values are latin1-decoded bytes, as Node gives them. */
  readonly headers: Readonly<Record<string, readonly string[] | undefined>>;
  /** The body's bytes, whatever the Content-Type said. */
  readonly body: Buffer;
  /** The path of the endpoint that it came to. Not signed: a hint at most. */
  readonly path: string;
  /** ms since the epoch. */
  readonly receivedAt: number;
};

/** Where callbacks come from: verifies a request and reads it. */
export type Source = {
  readonly name: string;
  /** The paths that the ingress serves for this source, by POST. */
  readonly paths: readonly string[];
  /** Verify, then read. Synchronous: nothing in it waits.
   * @throws RingbackError with a code of the `request` group when the request is refused. */
  receive(request: InboundRequest): Callback;
};

/** The code behind the `type:` of a source stanza. `S` holds every key but `name` and `type`. */
export type SourceType<S extends TSchema = TSchema, D = unknown> = {
  readonly type: string;
  readonly settings: S;
  create(options: { name: string; settings: D }): Source;
};
