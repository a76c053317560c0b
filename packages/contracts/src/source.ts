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

/** A request before its body was read. */
export type RequestHead = Omit<InboundRequest, 'body'>;

/** A request that is from whom it says it is. */
export type VerifiedRequest = Pick<Callback, 'id' | 'source' | 'account' | 'time' | 'receivedAt'> & {
  readonly body: Buffer;
  /** As in `InboundRequest`. */
  readonly path: string;
  /** Every header that came, but for the signature and what else is secret. */
  readonly headers: Readonly<Record<string, readonly string[] | undefined>>;
};

/** Where callbacks come from: verifies a request and reads it. */
export type Source = {
  readonly name: string;
  /** The paths that the ingress serves for this source, by POST. */
  readonly paths: readonly string[];
  /** Ids of its accounts with a secret that everybody can read in the provider's documentation or in our example. It looks at the secrets. */
  publiclySigned?(): readonly string[];
  /** Refuses what the headers alone rule out, and returns what judges the rest once the body is there. The ingress calls it before it reads or
   * keeps anything of the body, in a hook of `apps/ingress/src/callback-routes.ts`. Synchronous: nothing in it waits.
   * @throws RingbackError with a code of the `request` group, as does the function that it returns */
  precheck(head: RequestHead): (body: Buffer) => VerifiedRequest;
  /** `precheck` and the rest in one go: believes a request or not; its body is not looked into. Synchronous, too.
   * @throws RingbackError with a code of the `request` group when the request is refused. */
  verify(request: InboundRequest): VerifiedRequest;
  /** Checks the body against its schema. What does not fit is kept in quarantine, and may be read again much later. Synchronous, too.
   * @throws RingbackError RB_BODY_MALFORMED, RB_BODY_INCOMPLETE or RB_BODY_INVALID */
  read(request: Omit<VerifiedRequest, 'headers'>): Callback;
  /** What the callback is about, whatever id it came under: equal for a repeat under a new id, and for nothing else. Undefined where nothing tells. */
  businessKey(callback: Callback): string | undefined;
};

/** A value of a source's settings, or a default, and the keys that lead to it from the stanza on. */
export type Placed = { readonly value: string; readonly at: readonly (string | number)[] };

/** The code behind the `type:` of a source stanza. `S` holds every key but `name` and `type`. */
export type SourceType<S extends TSchema = TSchema, D = unknown> = {
  readonly type: string;
  readonly settings: S;
  /** Every type of callback that its sources can give, with the schema of the body. Bodies may have further fields. */
  readonly bodies: Readonly<Record<string, TSchema>>;
  /** No two paths of all sources may be the same, and no two accounts of a source. */
  identities(settings: D): { readonly paths: readonly Placed[]; readonly accounts: readonly Placed[] };
  create(options: { name: string; settings: D }): Source;
};
