import {
  type Callback,
  type InboundRequest,
  type RequestHead,
  RingbackError,
  type Source,
  type SourceType,
  type VerifiedRequest,
} from '@ringback/contracts';
import { digestOf } from '../http/body-digest.ts';
import { headerText } from '../http/header-text.ts';
import { checkId, withoutSecrets } from '../http/headers.ts';
import { peekJson, readJson } from '../http/read-json.ts';
import { typeWords } from '../http/type-word.ts';
import { createAnswers } from './answers.ts';
import { HmacSettings } from './config.ts';
import { createHmacSender } from './sender.ts';
import { createVerifier } from './verifier.ts';
import { type From, headerValue, jsonValue } from './values.ts';

/** Any sender that puts an HMAC into a header. The settings say where it stands and what it covers. */
export const hmac: SourceType<typeof HmacSettings, HmacSettings> = {
  type: 'hmac',
  settings: HmacSettings,
  types: ({ name }) => ({ bodies: {}, open: name }),
  identities: ({ path }) => ({ paths: [{ value: path, at: ['path'] }], accounts: [] }),
  create: createHmacSource,
  createSender: createHmacSender,
};

type Configured = { readonly name: string; readonly settings: HmacSettings };

function createHmacSource({ name, settings }: Configured): Source {
  const precheck = createPrecheck({ name, settings });
  return {
    name,
    paths: [settings.path],
    methods: settings.challenge?.query === undefined ? ['POST'] : ['POST', 'GET'],
    businessKey: ({ about }) => about,
    ...createAnswers(settings),
    precheck,
    verify: ({ body, ...head }: InboundRequest) => precheck(head)(body),
    read: (request) => ({ source: name, ...readRequest({ name, settings }, request) }),
  };
}

function createPrecheck({ name, settings }: Configured): Source['precheck'] {
  const verifier = createVerifier({ name, settings });
  return (head) => {
    if (head.method !== 'POST') throw new RingbackError('RB_HTTP_MALFORMED', 'callbacks come by POST');
    const idSent = settings.id?.header === undefined ? undefined : idOfHeader(head, settings.id);
    const check = verifier(head, idSent);
    return (body) => {
      const time = check(body);
      return {
        id: idSent === undefined ? idOfBody(body, settings.id?.json) : headerText(idSent),
        source: name,
        account: name,
        time,
        ...head,
        body,
        get headers() {
          return withoutSecrets(head.headers, [settings.signature.header.toLowerCase()]);
        },
      };
    };
  };
}

/** @throws RingbackError RB_BODY_MALFORMED, RB_BODY_INCOMPLETE (no id), or RB_HEADER_INVALID */
function readRequest({ name, settings }: Configured, request: VerifiedRequest): Omit<Callback, 'source'> {
  const { id, account, time, receivedAt, headers, body } = request;
  const { text, value } = readJson(body);
  const valueAt = (from: From) => (from.json === undefined ? headerValue(headers, from) : jsonValue(value, from.json));
  if (settings.id?.json !== undefined && valueAt(settings.id) === undefined) throw noId(settings.id.json);
  const event = settings.event && valueAt(settings.event);
  const about = settings.businessKey && valueAt(settings.businessKey);
  const type = `${name}.${settings.event ? typeWords(event ?? '') : 'event'}`;
  const callback = { id, account, type, time, receivedAt, body: text };
  return about === undefined ? callback : { ...callback, about };
}

/** @throws RingbackError RB_HEADER_MISSING or RB_HEADER_INVALID */
function idOfHeader({ headers }: RequestHead, from: From): Buffer {
  const value = headerValue(headers, from);
  if (value === undefined)
    throw new RingbackError('RB_HEADER_MISSING', `missing header ${from.header}, which is the id of the callback`);
  return checkId(from.header ?? '', Buffer.from(value, 'latin1'));
}

const MOST_ID_BYTES = 512;

/** The value in the body; where there is none that can be used, the digest of the body. */
function idOfBody(body: Buffer, path: string | undefined): string {
  if (path === undefined) return digestOf(body);
  const id = jsonValue(peekJson(body), path);
  return id === undefined || id === '' || Buffer.byteLength(id) > MOST_ID_BYTES || /\p{Cc}/u.test(id) ? digestOf(body) : id;
}

function noId(path: string): RingbackError {
  return new RingbackError(
    'RB_BODY_INCOMPLETE',
    `the body lacks ${path}, which is the id of the callback: a text or a whole number`,
  );
}
