import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import {
  type Callback,
  type InboundRequest,
  RingbackError,
  type Sender,
  type Source,
  type SourceType,
  type VerifiedRequest,
} from '@ringback/contracts';
import { Value } from 'typebox/value';
import { expect, onTestFinished } from 'vitest';

export type SourceConformance = {
  readonly type: SourceType;
  /** The stanza's own settings as in YAML, with one account that signs. */
  readonly settings: Record<string, unknown>;
  readonly secrets: readonly string[];
  /** The role of every header that a callback must carry. Names in lower case. */
  readonly headers: Readonly<Record<string, HeaderRole>>;
  /** ms that the signing time may differ from our clock; absent: any. */
  readonly tolerance?: number;
  /** What tells callbacks apart: the sender's id, or the body. */
  readonly keyIs: 'id' | 'body';
  /** Signed bodies that are JSON and that `read` refuses, by the code. */
  readonly unfit?: Readonly<Partial<Record<'RB_BODY_INCOMPLETE' | 'RB_BODY_INVALID', object>>>;
  /** Each makes a handshake with this challenge, by its query or in a signed body. */
  readonly handshakes?: Readonly<Record<string, Handshake>>;
};

/** `sign-field`: the signature is a field of the header. `other`: something else that is signed. */
export type HeaderRole = 'sign' | 'sign-field' | 'id' | 'account' | 'time' | 'other';

export type Handshake = (challenge: string) => { readonly method: string; readonly query: string; readonly body?: string };

export const NAME = 'conformance';
export const AT = 1_700_000_000_000;
/** Personal data: no error may show it. */
export const PHONE = '8613812345678';
export const BODY = JSON.stringify({ id: 'evt_1', type: 'x.y', phone: PHONE, list: [1, 2], text: 'äöü' });

type Changes = {
  readonly body?: Buffer;
  readonly requestID?: string;
  readonly at?: number;
  readonly headers?: InboundRequest['headers'];
};
export type SourceBench = {
  readonly source: Source;
  readonly sender: Sender;
  readonly request: (changes?: Changes) => InboundRequest;
  readonly kinds: readonly string[];
  /** The name of the signature's header. */
  readonly sign: string;
  readonly verify: (request: InboundRequest) => VerifiedRequest;
  /** The error of a refused request. Fails if it shows secret or personal data. */
  readonly refused: (request: InboundRequest) => RingbackError;
};

export function createSourceBench({ type, settings, secrets, headers }: SourceConformance): SourceBench {
  const sign = Object.keys(headers).find((name) => headers[name]?.startsWith('sign')) ?? '';
  const configured = { name: NAME, settings: Value.Decode(type.settings, settings) };
  const [source, sender] = [type.create(configured), type.createSender(configured)];
  const kind = type.kinds[0] ?? '';

  function request({
    body = Buffer.from(BODY),
    requestID = 'r-1',
    at = AT,
    headers: changed = {},
  }: Changes = {}): InboundRequest {
    const signed = Object.entries(sender.sign({ kind, body, requestID, at })).map(([name, value]) => [
      name.toLowerCase(),
      [value],
    ]);
    const all: InboundRequest['headers'] = { ...Object.fromEntries(signed), ...changed };
    return { method: 'POST', path: sender.path(kind), query: '', headers: all, receivedAt: AT, body };
  }

  const verify = ({ body, ...head }: InboundRequest) => source.precheck(head)(body);

  function refused(inbound: InboundRequest): RingbackError {
    const error = errorOf(() => source.read(verify(inbound)));
    if (error === undefined) throw new Error('it was taken');
    const shown = `${error.message} ${JSON.stringify(error.facts)}`;
    const signature = inbound.headers[sign]?.[0] ?? '';
    for (const hidden of [...secrets, PHONE, ...(signature.length > 8 ? [signature] : [])]) expect(shown).not.toContain(hidden);
    return error;
  }
  return { source, sender, kinds: type.kinds, sign, request, verify, refused };
}

/** Throws what is no refusal. */
export function errorOf(work: () => unknown): RingbackError | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof RingbackError && error.code !== 'RB_INTERNAL') return error;
    throw error;
  }
}

export const receive = ({ source, verify }: SourceBench, request: InboundRequest): Callback => source.read(verify(request));

/** The result of each call of `timingSafeEqual` during some work. */
export function watchCompares(): (work: () => unknown) => readonly boolean[] {
  const original = crypto.timingSafeEqual;
  let results: boolean[] = [];
  const set = (compare: typeof original) => {
    crypto.timingSafeEqual = compare;
    syncBuiltinESMExports();
  };
  set((a, b) => {
    const equal = original(a, b);
    results.push(equal);
    return equal;
  });
  onTestFinished(() => set(original));
  return (work) => {
    results = [];
    work();
    return results;
  };
}
