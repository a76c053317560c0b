import { type InboundRequest, RingbackError } from '@ringback/contracts';
import { headerText } from './header-text.ts';

const REQUIRED = ['requestID', 'uuid', 'createTs', 'sign'] as const;
const MAX_REQUEST_ID_BYTES = 512;

/** The four headers of a callback, as the bytes that were sent. */
export type CallbotHeaders = Readonly<Record<(typeof REQUIRED)[number], Buffer>>;

/**
 * Reads the headers that every callback carries.
 * @throws RingbackError RB_HEADER_MISSING, RB_SIGN_MISSING, or RB_HEADER_INVALID (sent twice, empty (but for createTs), or an impossible requestID)
 */
export function readHeaders(headers: InboundRequest['headers']): CallbotHeaders {
  requireAll(headers);
  const requestID = onlyValue(headers, 'requestID');
  checkRequestID(requestID);
  return {
    requestID,
    uuid: onlyValue(headers, 'uuid'),
    createTs: signedText(headers, 'createTs'),
    sign: onlyValue(headers, 'sign'),
  };
}

/** The signature, and what a proxy on the way may have added to let itself in. */
const SECRET: ReadonlySet<string> = new Set(['sign', 'authorization', 'proxy-authorization', 'cookie']);

export function withoutSecrets(headers: InboundRequest['headers']): InboundRequest['headers'] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !SECRET.has(name)));
}

function requireAll(headers: InboundRequest['headers']): void {
  const missing = REQUIRED.filter((name) => headers[name.toLowerCase()] === undefined);
  if (missing.length === 0) return;
  const onlySign = missing.length === 1 && missing[0] === 'sign';
  throw new RingbackError(
    onlySign ? 'RB_SIGN_MISSING' : 'RB_HEADER_MISSING',
    `missing header ${missing.join(', ')}: a callback carries ${REQUIRED.join(', ')}`,
  );
}

function onlyValue(headers: InboundRequest['headers'], name: (typeof REQUIRED)[number]): Buffer {
  const value = signedText(headers, name);
  if (value.toString('latin1').trim() === '')
    throw new RingbackError('RB_HEADER_INVALID', `header ${name} is empty: give it its value`);
  return value;
}

/** It may be empty: the signature tells whether it is right. */
function signedText(headers: InboundRequest['headers'], name: (typeof REQUIRED)[number]): Buffer {
  const [value = '', ...more] = headers[name.toLowerCase()] ?? [];
  if (more.length > 0) throw new RingbackError('RB_HEADER_INVALID', `header ${name} is sent more than once: send it once`);
  return Buffer.from(value, 'latin1');
}

/** It ends up in logs, in keys and in other people's systems. */
function checkRequestID(requestID: Buffer): void {
  if (requestID.length > MAX_REQUEST_ID_BYTES) {
    throw new RingbackError('RB_HEADER_INVALID', `header requestID is longer than ${MAX_REQUEST_ID_BYTES} bytes`);
  }
  if (/\p{Cc}/u.test(headerText(requestID))) {
    throw new RingbackError('RB_HEADER_INVALID', 'header requestID holds a control character');
  }
}
