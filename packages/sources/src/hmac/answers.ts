import type { Headers, HttpReply, RequestHead, Source, VerifiedRequest } from '@ringback/contracts';
import { plainAnswer } from '../http/json-reply.ts';
import { jsonValue } from '../http/json-value.ts';
import { peekJson } from '../http/read-json.ts';
import type { HmacSettings } from './config.ts';

const TEXT = 'text/plain; charset=utf-8';
const MOST_CHALLENGE = 2048;

export function createAnswers({ answer, challenge, id }: HmacSettings): Pick<Source, 'answer' | 'greet' | 'greetVerified'> {
  const { status, body, contentType } = answer;
  return {
    answer(outcome) {
      if (outcome.kind === 'refused') return plainAnswer(outcome);
      return body === undefined ? { ...plainAnswer(outcome), status } : { status, contentType, body };
    },
    greet: ({ query, headers }: RequestHead) => {
      if (challenge?.query === undefined || hasBody(headers)) return undefined;
      return asText(new URLSearchParams(query).get(challenge.query) ?? undefined);
    },
    greetVerified: ({ body: bytes }: VerifiedRequest) => {
      if (challenge?.json === undefined) return undefined;
      const asked = peekJson(bytes);
      // A body with a callback's id is a callback.
      if (id?.json !== undefined && jsonValue(asked, id.json) !== undefined) return undefined;
      return asText(jsonValue(asked, challenge.json));
    },
  };
}

/** A request with a body may be a callback, which `greet` MUST NOT ack. */
function hasBody(headers: Headers): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length']?.[0] ?? '0') !== '0';
}

/** Anyone may have sent the text. As plain text it is harmless. */
function asText(challenge: string | undefined): HttpReply | undefined {
  if (challenge === undefined || challenge.length > MOST_CHALLENGE) return undefined;
  return { status: 200, contentType: TEXT, body: challenge };
}
