import type { TSchema } from 'typebox';
import type { Callback } from './callback.ts';
import type { ErrorCode } from './error.ts';
import type { Effort, Explaining } from './explanation.ts';
import type { PersonalFields } from './mask-settings.ts';
import type { Subjects } from './subjects.ts';

/** All values of every header. Names are in lower case. Values are latin1 text, as Node gives them. */
export type Headers = Readonly<Record<string, readonly string[] | undefined>>;

/** A request before its body is read. Not verified. */
export type RequestHead = {
  readonly method: string;
  readonly path: string;
  /** The text after the `?` of the URL; may be empty. */
  readonly query: string;
  readonly headers: Headers;
  /** ms since the epoch. */
  readonly receivedAt: number;
};

export type InboundRequest = RequestHead & {
  readonly body: Buffer;
};

/** A request whose sender is proven. Its headers hold no signature and nothing secret. */
export type VerifiedRequest = InboundRequest & Pick<Callback, 'id' | 'source' | 'account' | 'time'>;

export type HttpReply = {
  readonly status: number;
  readonly contentType: string;
  /** Further headers. The ingress adds `Retry-After` to a 503. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
};

/** What became of a request. `responseID` is in our log. `message` begins with the code and may be shown to the sender. */
export type Outcome =
  | { readonly kind: 'acked'; readonly responseID: string }
  | {
      readonly kind: 'refused';
      readonly code: ErrorCode;
      readonly status: number;
      readonly message: string;
      readonly responseID: string;
    };

/** Verifies requests, reads callbacks from them, and answers in the sender's protocol. Synchronous. */
export type Source = {
  readonly name: string;
  readonly paths: readonly string[];
  /** HTTP methods of callbacks, in capitals. */
  readonly methods: readonly string[];
  /** Further methods that only `greet` answers. */
  readonly greetMethods?: readonly string[];
  /** Ids of accounts whose secret is the provider's published sample. Reveals secrets. */
  publiclySigned?(): readonly string[];
  /**
   * Checks the head before any of the body is read. Returns the check of the body, which verifies the signature.
   * @throws RingbackError with a code of the `request` group, as does the function that it returns
   */
  precheck(head: RequestHead): (body: Buffer) => VerifiedRequest;
  /**
   * Checks the body against its schema. Quarantine keeps what does not fit; a replay reads it again.
   * @throws RingbackError RB_HEADER_MISSING, RB_HEADER_INVALID, RB_BODY_MALFORMED, RB_BODY_INCOMPLETE or RB_BODY_INVALID
   */
  read(request: VerifiedRequest): Callback;
  /**
   * Why a request does not verify. Never on the path of a request. Without a body: what the head alone tells.
   * Absent: what `precheck` says.
   */
  explain?(head: RequestHead, body: Buffer | undefined, effort?: Effort): Explaining;
  /** What the log tells of a refused request: ids as sent, the sign's length. `account`: only a configured one. */
  facts?(head: RequestHead): Readonly<Record<string, string | number>>;
  /** Answers a handshake from its head alone; undefined if it is none. MUST NOT ack a callback. */
  greet?(head: RequestHead): HttpReply | undefined;
  /** Answers a signed handshake whose challenge is in the body. */
  greetVerified?(request: VerifiedRequest): HttpReply | undefined;
  /** The answer in the sender's protocol. Only `acked` may look like an ack to the sender. */
  answer(outcome: Outcome): HttpReply;
  /** Equal for repeats under a new id, and for nothing else. Undefined if unknown. */
  businessKey(callback: Callback): string | undefined;
  /** For the history. Absent: it knows of no tasks, orders and calls. MUST NOT throw for any body that it once read. */
  subjects?(callback: Callback): Subjects | undefined;
};

/** A value of a source's settings, and its keys below the stanza. */
export type Placed = { readonly value: string; readonly at: readonly (string | number)[] };

export type SampleOptions = {
  readonly kind: string;
  /** Time of the event, ms since the epoch. */
  readonly at: number;
  /** Status of the subject, by the sender's own numbers. */
  readonly status?: number | undefined;
  /** Makes the ids of samples differ. */
  readonly serial?: number | undefined;
  /** For senders that put the id or the event's name into the body. */
  readonly requestID?: string | undefined;
  readonly event?: string | undefined;
};

export type SendOptions = {
  readonly kind: string;
  /** One of `accounts`; default: the first. */
  readonly account?: string | undefined;
  readonly body: Buffer;
  readonly requestID: string;
  /** Time of the signature, ms since the epoch. */
  readonly at: number;
  /** For senders that put the event's name into a header. */
  readonly event?: string | undefined;
};

export type ReadAnswer = { readonly acked: boolean; readonly said: string; readonly responseID?: string | undefined };

/** Makes callbacks as the sender does, for trials and tests. */
export type Sender = {
  /** Ids of the accounts that it can sign for. */
  readonly accounts: readonly string[];
  /** The source's path for this kind. */
  readonly path: (kind: string) => string;
  /** A realistic body with made-up people and numbers. */
  sample(options: SampleOptions): string;
  /** Undefined: the sender cannot read the answer. */
  readonly readAnswer: (answer: Pick<HttpReply, 'status' | 'body'>) => ReadAnswer | undefined;
  /** The headers of a signed request, as latin1 text. */
  sign(options: SendOptions): Record<string, string>;
};

/** A secret that a stranger may know or guess. `text` says what to do, and never shows the secret. */
export type WeakSecret = {
  readonly at: Placed['at'];
  readonly code: 'RB_SECRET_PUBLISHED' | 'RB_SECRET_SHORT';
  readonly text: string;
};

type Configured<D> = { readonly name: string; readonly settings: D };

/** The code behind a stanza's `type:`. `S` has every key of the stanza but `name` and `type`. */
export type SourceType<S extends TSchema = TSchema, D = unknown> = {
  readonly type: string;
  readonly settings: S;
  /** What `ringback send` can make for such a source. */
  readonly kinds: readonly string[];
  /** The types of its callbacks with the schemas of their bodies. `open`: further types begin with this word and a dot. */
  types(source: Configured<D>): { readonly bodies: Readonly<Record<string, TSchema>>; readonly open?: string | undefined };
  /** Paths MUST differ among all sources, accounts within a source. */
  identities(settings: D): { readonly paths: readonly Placed[]; readonly accounts: readonly Placed[] };
  /** Accounts whose callbacks are not signed. */
  unsigned?(settings: D): readonly Placed[];
  /** Reveals secrets. */
  weakSecrets?(settings: D): readonly WeakSecret[];
  /** Settings that fit the schema and contradict each other. */
  problems?(settings: D): readonly { readonly at: Placed['at']; readonly text: string }[];
  /** The personal fields of its bodies. Absent: they are told by their names. */
  readonly personal?: PersonalFields;
  create(source: Configured<D>): Source;
  createSender(source: Configured<D>): Sender;
};
