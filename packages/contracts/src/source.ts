import type { TSchema } from 'typebox';
import type { Callback } from './callback.ts';
import type { ErrorCode } from './error.ts';

/** All values of each header. Names in lower case, values decoded as latin1, as Node does. */
export type Headers = Readonly<Record<string, readonly string[] | undefined>>;

/** A request before its body is read. Not verified. */
export type RequestHead = {
  readonly method: string;
  readonly path: string;
  /** The URL after `?`, as received. Empty if absent. */
  readonly query: string;
  readonly headers: Headers;
  /** ms since the epoch. */
  readonly receivedAt: number;
};

export type InboundRequest = RequestHead & {
  readonly body: Buffer;
};

/** Verified. Its headers do not include the signature or other secrets. */
export type VerifiedRequest = InboundRequest & Pick<Callback, 'id' | 'source' | 'account' | 'time'>;

export type HttpReply = {
  readonly status: number;
  readonly contentType: string;
  /** The ingress adds `Retry-After` to a 503 itself. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
};

/**
 * The result of a request. `status` is the usual HTTP status; `message` begins with the code and may be
 * shown.
 */
export type Outcome =
  | { readonly kind: 'acked'; readonly responseID: string }
  | {
      readonly kind: 'refused';
      readonly code: ErrorCode;
      readonly status: number;
      readonly message: string;
      readonly responseID: string;
    };

/** Verifies, reads and answers the requests of one sender. Synchronous. */
export type Source = {
  readonly name: string;
  readonly paths: readonly string[];
  /** In capitals. Usually POST only. */
  readonly methods: readonly string[];
  /** Methods of handshakes only: see `greet`. */
  readonly greetMethods?: readonly string[];
  /** Accounts whose secret is public: from the provider's documentation or our example. */
  publiclySigned?(): readonly string[];
  /**
   * Checks the headers before the body is read. Returns the check of the body. @throws RingbackError with a
   * `request` code; so does the returned function
   */
  precheck(head: RequestHead): (body: Buffer) => VerifiedRequest;
  /** Both checks of `precheck` at once. @throws RingbackError with a `request` code */
  verify(request: InboundRequest): VerifiedRequest;
  /**
   * Checks the body against its schema. A body that does not fit is quarantined and may be read again later.
   * @throws RingbackError RB_HEADER_MISSING, RB_BODY_MALFORMED, RB_BODY_INCOMPLETE or RB_BODY_INVALID
   */
  read(request: VerifiedRequest): Callback;
  /** Answers a handshake from its head. Undefined: not a handshake. MUST ack nothing. */
  greet?(head: RequestHead): HttpReply | undefined;
  /** Answers a signed handshake whose question is in the body. */
  greetVerified?(request: VerifiedRequest): HttpReply | undefined;
  /** The sender's format. An answer that the sender takes as an ack MUST be used for `acked` only. */
  answer(outcome: Outcome): HttpReply;
  /**
   * What the callback is about. The same for a repeat under a new id, and for nothing else. Undefined:
   * unknown.
   */
  businessKey(callback: Callback): string | undefined;
};

/** A setting's value and the keys that lead to it. */
export type Placed = { readonly value: string; readonly at: readonly (string | number)[] };

export type SampleOptions = {
  readonly kind: string;
  /** ms since the epoch. */
  readonly at: number;
  /** Of a task: 1 to 5. Default: 3 (completed). */
  readonly taskStatus?: number | undefined;
  /** Makes the ids of several samples differ. */
  readonly serial?: number | undefined;
  /** Used if the sender puts them in the body. */
  readonly requestID?: string | undefined;
  readonly event?: string | undefined;
};

export type SendOptions = {
  readonly kind: string;
  /** One of `accounts`. Default: the first. */
  readonly account?: string | undefined;
  readonly body: Buffer;
  readonly requestID: string;
  /** Time of the signature, ms since the epoch. */
  readonly at: number;
  /** Used if the sender puts it in a header. */
  readonly event?: string | undefined;
};

export type ReadAnswer = { readonly acked: boolean; readonly said: string; readonly responseID?: string | undefined };

/** Makes callbacks as the sender does, for trials and tests. */
export type Sender = {
  readonly kinds: readonly string[];
  /** Accounts that can be signed for. */
  readonly accounts: readonly string[];
  readonly path: (kind: string) => string;
  /** A realistic body with invented data. */
  sample(options: SampleOptions): string;
  /** The answer in words. Undefined: the sender could not read it. */
  readonly readAnswer: (answer: Pick<HttpReply, 'status' | 'body'>) => ReadAnswer | undefined;
  /** In latin1, as Node sends header bytes. */
  sign(options: SendOptions): Record<string, string>;
};

type Configured<D> = { readonly name: string; readonly settings: D };

/** The code behind a source's `type:`. `S` holds every key but `name` and `type`. */
export type SourceType<S extends TSchema = TSchema, D = unknown> = {
  readonly type: string;
  readonly settings: S;
  /**
   * The types of callback, with the schema of the known fields. `open`: further types begin with this word
   * and a dot.
   */
  types(source: Configured<D>): { readonly bodies: Readonly<Record<string, TSchema>>; readonly open?: string | undefined };
  /** Paths MUST be unique over all sources, accounts within a source. */
  identities(settings: D): { readonly paths: readonly Placed[]; readonly accounts: readonly Placed[] };
  /** Accounts whose callbacks are not signed. */
  unsigned?(settings: D): readonly Placed[];
  /** Settings that fit the schema but not each other. */
  problems?(settings: D): readonly { readonly at: Placed['at']; readonly text: string }[];
  create(source: Configured<D>): Source;
  createSender(source: Configured<D>): Sender;
};
