import type { Headers, HttpReply, RequestHead, Source, VerifiedRequest } from '@ringback/contracts';
import { plainAck, plainRefusal } from '../http/json-reply.ts';
import { peekJson } from '../http/read-json.ts';
import type { HmacSettings } from './config.ts';
import { jsonValue } from './values.ts';

const TEXT = 'text/plain; charset=utf-8';
const MOST_CHALLENGE = 2048;

/** What the sender is told, as the settings say. */
export function createAnswers({ answer, challenge, id }: HmacSettings): Pick<Source, 'answer' | 'greet' | 'greetVerified'> {
  const { status = 200, body, contentType = TEXT } = answer ?? {};
  return {
    answer(outcome) {
      if (outcome.kind === 'refused') return plainRefusal(outcome);
      return body === undefined ? { ...plainAck(outcome.responseID), status } : { status, contentType, body };
    },
    greet: ({ query, headers }: RequestHead) => {
      if (challenge?.query === undefined || hasBody(headers)) return undefined;
      return asText(new URLSearchParams(query).get(challenge.query) ?? undefined);
    },
    greetVerified: ({ body: bytes }: VerifiedRequest) => {
      if (challenge?.json === undefined) return undefined;
      const asked = peekJson(bytes);
      // What has the id of a callback is one, whatever else stands in it.
      if (id?.json !== undefined && jsonValue(asked, id.json) !== undefined) return undefined;
      return asText(jsonValue(asked, challenge.json));
    },
  };
}

/** A callback has one: it MUST NOT be taken for a question. */
function hasBody(headers: Headers): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length']?.[0] ?? '0') !== '0';
}

/** A text that anyone may have sent: as plain text it does nothing. */
function asText(challenge: string | undefined): HttpReply | undefined {
  if (challenge === undefined || challenge.length > MOST_CHALLENGE) return undefined;
  return { status: 200, contentType: TEXT, body: challenge };
}
