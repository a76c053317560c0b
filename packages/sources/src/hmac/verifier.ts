import { type RequestHead, RingbackError } from '@ringback/contracts';
import { headerText } from '../http/header-text.ts';
import { computeHmac, decodeSignature, hmacFits, type Message } from '../http/hmac.ts';
import { readDigits, refuseStale } from '../http/time.ts';
import { withoutTrailingSpace } from '../http/trailing-space.ts';
import type { HmacSettings } from './config.ts';
import { readTemplate } from './template.ts';
import { headerValue, headerValues } from './values.ts';

/** Checks the head; then the body, and returns the signing time in ms. */
export type Verifier = (head: RequestHead, id: Buffer | undefined) => (body: Buffer) => number;

type Configured = { readonly name: string; readonly settings: HmacSettings };

export function createVerifier({ name, settings }: Configured): Verifier {
  const { signature, timestamp } = settings;
  const { algorithm } = signature;
  const toMessage = createMessage(settings);
  /** Made at first use: a process that only reads needs no secret. */
  let keys: string[] | undefined;

  return (head, id) => {
    const signatures = signaturesIn(head, signature, id);
    const signedAt = timestamp && timestampOf(head, timestamp);
    if (signedAt && timestamp) refuseOld({ name, timestamp, time: signedAt.time, receivedAt: head.receivedAt });
    return (body) => {
      keys ??= settings.secrets.map((secret) => secret.reveal());
      const values = { timestamp: signedAt?.text ?? '', id: id ?? '' };
      const message = toMessage(head, { ...values, body });
      const fits = (signed: Message) => hmacFits({ keys: keys ?? [], algorithm, message: signed, signatures });
      if (!fits(message)) {
        const trimmed = withoutTrailingSpace(body);
        const isPadded = trimmed.length < body.length && fits(toMessage(head, { ...values, body: trimmed }));
        throw mismatch({ source: name, settings, signatures, id, isPadded });
      }
      return signedAt?.time ?? head.receivedAt;
    };
  };
}

type SignatureSettings = HmacSettings['signature'];

const nameOf = ({ header, field }: SignatureSettings) =>
  field === undefined ? `header ${header}` : `${field} in header ${header}`;

/** With their prefix. @throws RingbackError RB_SIGN_MISSING or RB_HEADER_INVALID */
export function signatureTexts({ headers }: Pick<RequestHead, 'headers'>, signature: SignatureSettings): string[] {
  const values = headerValues(headers, signature);
  const what = nameOf(signature);
  if (values.length === 0) throw new RingbackError('RB_SIGN_MISSING', `missing ${what}, which is the signature`);
  if (values.every((value) => value === '')) throw new RingbackError('RB_HEADER_INVALID', `${what} is empty: give it its value`);
  return values;
}

/** @throws RingbackError RB_SIGN_MISSING, RB_SIGN_MISMATCH or RB_HEADER_INVALID */
function signaturesIn(head: RequestHead, signature: SignatureSettings, id: Buffer | undefined): Buffer[] {
  const { prefix = '', encoding, algorithm } = signature;
  const values = signatureTexts(head, signature);
  const what = nameOf(signature);
  const found = values.flatMap((value) => {
    const text = value.startsWith(prefix) ? value.slice(prefix.length) : undefined;
    return (text !== undefined && decodeSignature(text, encoding)) || [];
  });
  if (found.length > 0) return found;
  const form = prefix === '' ? encoding : `${prefix} and ${encoding}`;
  throw new RingbackError('RB_SIGN_MISMATCH', `${what} is no signature of the form that the settings tell: ${form}`, {
    facts: { ...(id && { requestID: headerText(id) }), algorithm, signLength: values[0]?.length ?? 0 },
  });
}

type Timestamp = NonNullable<HmacSettings['timestamp']>;
type Old = { readonly name: string; readonly timestamp: Timestamp; readonly time: number; readonly receivedAt: number };

function refuseOld({ name, timestamp: { header, tolerance: allowed }, ...times }: Old): void {
  refuseStale({ header, ...times, allowed, setting: 'timestamp.tolerance', source: name });
}

type Stamped = { readonly name: string; readonly head: RequestHead; readonly timestamp: Timestamp };

/** @throws RingbackError RB_CALLBACK_STALE */
export function refuseStaleTimestamp({ name, head, timestamp }: Stamped): void {
  refuseOld({ name, timestamp, time: timestampOf(head, timestamp).time, receivedAt: head.receivedAt });
}

/** @throws RingbackError RB_HEADER_MISSING or RB_HEADER_INVALID */
export function timestampOf({ headers }: RequestHead, from: Timestamp): { text: string; time: number } {
  const text = headerValue(headers, from);
  const what = from.field === undefined ? `header ${from.header}` : `${from.field} in header ${from.header}`;
  if (text === undefined) throw new RingbackError('RB_HEADER_MISSING', `missing ${what}, which is the time of the signature`);
  const time = readDigits(text);
  if (time === undefined)
    throw new RingbackError('RB_HEADER_INVALID', `${what} is no time in seconds or milliseconds: send digits`);
  return { text, time };
}

type Values = { readonly body: Buffer; readonly timestamp: string; readonly id: string | Buffer };

export function createMessage(
  settings: HmacSettings,
): (head: Pick<RequestHead, 'method' | 'path' | 'query'>, values: Values) => Message {
  const { signs, url } = settings.signature;
  const parts = readTemplate(signs);
  return (head, values) =>
    parts.map((part) => {
      if ('text' in part) return part.text;
      if (part.place === 'method') return head.method;
      if (part.place === 'url') return Buffer.from(`${url}${head.path}${head.query === '' ? '' : `?${head.query}`}`, 'latin1');
      return part.place === 'timestamp' ? Buffer.from(values.timestamp, 'latin1') : values[part.place];
    });
}

type Mismatch = {
  readonly source: string;
  readonly settings: HmacSettings;
  readonly signatures: readonly Buffer[];
  readonly id: Buffer | undefined;
  /** It fits without the white space at the body's end. */
  readonly isPadded: boolean;
};

/** MUST tell senders only what they could find out themselves. Facts are for the log. */
function mismatch({ source, settings, signatures, id, isPadded }: Mismatch): RingbackError {
  const { header, algorithm } = settings.signature;
  const [bytes, wanted] = [signatures[0]?.length ?? 0, computeHmac('', algorithm, []).length];
  const problem = isPadded
    ? 'it fits without the white space at the end of the body. '
    : bytes === wanted
      ? ''
      : `it has ${bytes} bytes; ${algorithm} gives ${wanted}. `;
  return new RingbackError(
    'RB_SIGN_MISMATCH',
    `header ${header} does not fit the request: ${problem}check secrets and signature of source ${source}, and that nothing on the way rewrites the body`,
    { facts: { ...(id && { requestID: headerText(id) }), algorithm, signatureBytes: bytes } },
  );
}
