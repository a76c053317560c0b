import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import {
  type Callback,
  type InboundRequest,
  RingbackError,
  type Sender,
  type Source,
  type SourceType,
} from '@ringback/contracts';
import { Value } from 'typebox/value';
import { expect, onTestFinished } from 'vitest';

export type SourceConformance = {
  readonly type: SourceType;
  /** The stanza's own settings as they stand in YAML, with one account that signs. */
  readonly settings: Record<string, unknown>;
  /** The secrets among those settings. */
  readonly secrets: readonly string[];
  /** Every header that a callback must carry, in lower case; the signature's first. */
  readonly headers: readonly [sign: string, ...others: string[]];
  /** ms that the time of the signature may be off; absent: any. */
  readonly tolerance?: number;
  /** What a callback is known by: an id that its sender gives, or its body. */
  readonly keyIs: 'id' | 'body';
};

export const NAME = 'conformance';
export const AT = 1_700_000_000_000;
/** Personal data, which no error may show. */
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
  /** The error of a request that is refused; it shows nothing that is secret or personal. */
  readonly refused: (request: InboundRequest) => RingbackError;
};

export function createSourceBench({ type, settings, secrets, headers: [sign] }: SourceConformance): SourceBench {
  const configured = { name: NAME, settings: Value.Decode(type.settings, settings) };
  const [source, sender] = [type.create(configured), type.createSender(configured)];
  const kind = sender.kinds[0] ?? '';

  function request({ body = Buffer.from(BODY), requestID = 'r-1', at = AT, headers = {} }: Changes = {}): InboundRequest {
    const signed = Object.entries(sender.sign({ kind, body, requestID, at })).map(([name, value]) => [
      name.toLowerCase(),
      [value],
    ]);
    const all: InboundRequest['headers'] = { ...Object.fromEntries(signed), ...headers };
    return { method: 'POST', path: sender.path(kind), query: '', headers: all, receivedAt: AT, body };
  }

  function refused(inbound: InboundRequest): RingbackError {
    const error = errorOf(() => source.read(source.verify(inbound)));
    if (error === undefined) throw new Error('it was taken');
    const shown = `${error.message} ${JSON.stringify(error.facts)}`;
    const signature = inbound.headers[sign]?.[0] ?? '';
    for (const hidden of [...secrets, PHONE, ...(signature.length > 8 ? [signature] : [])]) expect(shown).not.toContain(hidden);
    return error;
  }
  return { source, sender, request, refused };
}

/** @throws whatever is no refusal */
export function errorOf(work: () => unknown): RingbackError | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof RingbackError && error.code !== 'RB_INTERNAL') return error;
    throw error;
  }
}

export const receive = ({ source }: SourceBench, request: InboundRequest): Callback => source.read(source.verify(request));

/** What each call of `timingSafeEqual` found while some work was done. */
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
