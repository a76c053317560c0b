import { type RequestHead, RingbackError } from '@ringback/contracts';
import { decodeSignature, hmacFits, type Message } from '../http/hmac.ts';
import { readDigits, refuseStale } from '../http/time.ts';
import type { HmacSettings } from './config.ts';
import { problemOfSigns, readTemplate } from './template.ts';
import { headerValue, headerValues } from './values.ts';

const FIVE_MINUTES_MS = 300_000;

/** Judges the head, and returns what judges the body and tells when it was signed, ms since the epoch. */
export type Verifier = (head: RequestHead, id: Buffer | undefined) => (body: Buffer) => number;

type Configured = { readonly name: string; readonly settings: HmacSettings };

/** @throws RingbackError RB_CONFIG_INVALID: what is signed names something that the settings do not have */
export function createVerifier({ name, settings }: Configured): Verifier {
  const { signature, timestamp } = settings;
  const toMessage = createMessage({ name, settings });
  /** Made when they are first needed: a process that only reads needs no secret. */
  let keys: string[] | undefined;

  return (head, id) => {
    const signatures = signaturesIn(head, signature);
    const signedAt = timestamp && timestampOf(head, timestamp);
    if (signedAt && timestamp) {
      const allowed = timestamp.tolerance ?? FIVE_MINUTES_MS;
      const { header } = timestamp;
      refuseStale({
        header,
        time: signedAt.time,
        receivedAt: head.receivedAt,
        allowed,
        setting: 'timestamp.tolerance',
        source: name,
      });
    }
    return (body) => {
      keys ??= settings.secrets.map((secret) => secret.reveal());
      const message = toMessage(head, { body, timestamp: signedAt?.text ?? '', id: id ?? '' });
      if (!hmacFits({ keys, algorithm: signature.algorithm ?? 'sha256', message, signatures }))
        throw mismatch(name, signature.header);
      return signedAt?.time ?? head.receivedAt;
    };
  };
}

/** @throws RingbackError RB_SIGN_MISSING, RB_SIGN_MISMATCH (what is there can be no signature), or RB_HEADER_INVALID */
function signaturesIn({ headers }: RequestHead, signature: HmacSettings['signature']): Buffer[] {
  const { prefix = '', encoding = 'hex', header, field } = signature;
  const values = headerValues(headers, signature);
  const what = field === undefined ? `header ${header}` : `${field} in header ${header}`;
  if (values.length === 0) throw new RingbackError('RB_SIGN_MISSING', `missing ${what}, which is the signature`);
  if (values.every((value) => value === '')) throw new RingbackError('RB_HEADER_INVALID', `${what} is empty: give it its value`);
  const found = values.flatMap((value) => {
    const text = value.startsWith(prefix) ? value.slice(prefix.length) : undefined;
    return (text !== undefined && decodeSignature(text, encoding)) || [];
  });
  if (found.length > 0) return found;
  const form = prefix === '' ? encoding : `${prefix} and ${encoding}`;
  throw new RingbackError('RB_SIGN_MISMATCH', `${what} is no signature of the form that the settings tell: ${form}`);
}

/** @throws RingbackError RB_HEADER_MISSING or RB_HEADER_INVALID */
function timestampOf({ headers }: RequestHead, from: NonNullable<HmacSettings['timestamp']>): { text: string; time: number } {
  const text = headerValue(headers, from);
  const what = from.field === undefined ? `header ${from.header}` : `${from.field} in header ${from.header}`;
  if (text === undefined) throw new RingbackError('RB_HEADER_MISSING', `missing ${what}, which is the time of the signature`);
  const time = readDigits(text);
  if (time === undefined)
    throw new RingbackError('RB_HEADER_INVALID', `${what} is no time in seconds or milliseconds: send digits`);
  return { text, time };
}

type Values = { readonly body: Buffer; readonly timestamp: string; readonly id: string | Buffer };

/** What the signature covers, part by part. */
export function createMessage({
  name,
  settings,
}: Configured): (head: Pick<RequestHead, 'method' | 'path' | 'query'>, values: Values) => Message {
  const { signs = '{body}', url } = settings.signature;
  const parts = readTemplate(signs);
  const problem = problemOfSigns(settings);
  if (problem !== undefined) throw new RingbackError('RB_CONFIG_INVALID', `source ${name}: ${problem}`);
  return (head, values) =>
    parts.map((part) => {
      if ('text' in part) return part.text;
      if (part.place === 'method') return head.method;
      if (part.place === 'url') return Buffer.from(`${url}${head.path}${head.query === '' ? '' : `?${head.query}`}`, 'latin1');
      return part.place === 'timestamp' ? Buffer.from(values.timestamp, 'latin1') : values[part.place];
    });
}

function mismatch(source: string, header: string): RingbackError {
  return new RingbackError(
    'RB_SIGN_MISMATCH',
    `header ${header} does not fit the request: check secrets and signature of source ${source}, and that nothing on the way rewrites the body`,
  );
}
