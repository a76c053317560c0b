import type { TSchema } from 'typebox';
import type { Callback } from './callback.ts';
import type { ErrorCode } from './error.ts';

/** Every header with all the values it was sent with; names in lower case; values are latin1-decoded bytes, as Node gives them. */
export type Headers = Readonly<Record<string, readonly string[] | undefined>>;

/** A request before its body was read. Nothing of it is believed yet. */
export type RequestHead = {
  readonly method: string;
  /** The path of the endpoint that it came to. */
  readonly path: string;
  /** What follows the `?` of the URL, as it came; empty without one. */
  readonly query: string;
  readonly headers: Headers;
  /** ms since the epoch. */
  readonly receivedAt: number;
};

/** An HTTP request as it came. */
export type InboundRequest = RequestHead & {
  /** The body's bytes, whatever the Content-Type said. */
  readonly body: Buffer;
};

/** A request that is from whom it says it is. Its headers are all that came, less the signature and what else is secret. */
export type VerifiedRequest = InboundRequest & Pick<Callback, 'id' | 'source' | 'account' | 'time'>;

/** What is said over HTTP. */
export type HttpReply = {
  readonly status: number;
  readonly contentType: string;
  /** Further headers, where the sender wants some. `Retry-After` of a 503 is ours. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
};

/** What became of a request. `responseID` traces it through our logs; `status` is what HTTP has for it; `message` begins with the code and may be shown to the sender. */
export type Outcome =
  | { readonly kind: 'acked'; readonly responseID: string }
  | {
      readonly kind: 'refused';
      readonly code: ErrorCode;
      readonly status: number;
      readonly message: string;
      readonly responseID: string;
    };

/** Where callbacks come from: verifies a request, reads it, and answers it in its sender's words. Synchronous: nothing in it waits. */
export type Source = {
  readonly name: string;
  /** The paths that the ingress serves for this source. */
  readonly paths: readonly string[];
  /** The methods by which callbacks come, in capitals: POST as a rule. */
  readonly methods: readonly string[];
  /** Further methods by which the sender only asks whether we are there: see `greet`. */
  readonly greetMethods?: readonly string[];
  /** Ids of its accounts with a secret that everybody can read in the provider's documentation or in our example. It looks at the secrets. */
  publiclySigned?(): readonly string[];
  /** Refuses what the headers alone rule out, and returns what judges the rest once the body is there. The ingress calls it before it reads or
   * keeps anything of the body, in a hook of `apps/ingress/src/callback-routes.ts`.
   * @throws RingbackError with a code of the `request` group, as does the function that it returns */
  precheck(head: RequestHead): (body: Buffer) => VerifiedRequest;
  /** `precheck` and the rest in one go: believes a request or not; it trusts nothing in the body before.
   * @throws RingbackError with a code of the `request` group when the request is refused. */
  verify(request: InboundRequest): VerifiedRequest;
  /** Checks the body against its schema. What does not fit is kept in quarantine, and may be read again much later.
   * @throws RingbackError RB_HEADER_MISSING, RB_BODY_MALFORMED, RB_BODY_INCOMPLETE or RB_BODY_INVALID */
  read(request: VerifiedRequest): Callback;
  /** Answers a request with which the sender only asks whether we are there, from its head alone. Undefined: it is no such request. It MUST ack nothing. */
  greet?(head: RequestHead): HttpReply | undefined;
  /** The same for one that is signed, and whose question stands in the body. */
  greetVerified?(request: VerifiedRequest): HttpReply | undefined;
  /** The answer in the words of the sender. Anything that it takes for an ack MUST be said for `acked` only. */
  answer(outcome: Outcome): HttpReply;
  /** What the callback is about, whatever id it came under: equal for a repeat under a new id, and for nothing else. Undefined where nothing tells. */
  businessKey(callback: Callback): string | undefined;
};

/** A value of a source's settings, or a default, and the keys that lead to it from the stanza on. */
export type Placed = { readonly value: string; readonly at: readonly (string | number)[] };

/** What a sample is to be like. */
export type SampleOptions = {
  readonly kind: string;
  /** ms since the epoch around which it all happened. */
  readonly at: number;
  /** Of a task: 1 to 5; 3 (completed) unless told. */
  readonly taskStatus?: number | undefined;
  /** Makes ids and numbers of many samples differ. */
  readonly serial?: number | undefined;
  /** The id and the name of the event, where the sender lets them stand in the body. */
  readonly requestID?: string | undefined;
  readonly event?: string | undefined;
};

/** What is to be signed. */
export type SendOptions = {
  readonly kind: string;
  /** One of `accounts`; the first unless told. */
  readonly account?: string | undefined;
  readonly body: Buffer;
  readonly requestID: string;
  /** When it is signed, ms since the epoch. */
  readonly at: number;
  /** The name of the event, where the sender lets it stand in a header. */
  readonly event?: string | undefined;
};

export type ReadAnswer = { readonly acked: boolean; readonly said: string; readonly responseID?: string | undefined };

/** The other side of a source: makes callbacks as its sender does. For trials and tests. */
export type Sender = {
  readonly kinds: readonly string[];
  /** Ids of the accounts that can be signed for. */
  readonly accounts: readonly string[];
  /** Where the source takes this kind. */
  readonly path: (kind: string) => string;
  /** A realistic body. People and numbers in it are made up. */
  sample(options: SampleOptions): string;
  /** What an answer says; undefined: it is none that the sender could read. */
  readonly readAnswer: (answer: Pick<HttpReply, 'status' | 'body'>) => ReadAnswer | undefined;
  /** The headers of a correctly signed request, in the latin1 text in which Node sends header bytes. */
  sign(options: SendOptions): Record<string, string>;
};

type Configured<D> = { readonly name: string; readonly settings: D };

/** The code behind the `type:` of a source stanza. `S` holds every key but `name` and `type`. */
export type SourceType<S extends TSchema = TSchema, D = unknown> = {
  readonly type: string;
  readonly settings: S;
  /** The types of callback that such a source gives, each with the schema of its body; bodies may have further fields. `open`: it gives others as well that begin with this word and a dot. */
  types(source: Configured<D>): { readonly bodies: Readonly<Record<string, TSchema>>; readonly open?: string | undefined };
  /** No two paths of all sources may be the same, and no two accounts of a source. */
  identities(settings: D): { readonly paths: readonly Placed[]; readonly accounts: readonly Placed[] };
  /** Accounts whose callbacks are not signed: anyone who can reach the path can send some. */
  unsigned?(settings: D): readonly Placed[];
  /** Settings that each fit the schema, and do not fit together. */
  problems?(settings: D): readonly { readonly at: Placed['at']; readonly text: string }[];
  create(source: Configured<D>): Source;
  createSender(source: Configured<D>): Sender;
};
