import {
  type Callback,
  type RequestHead,
  RingbackError,
  type Source,
  type SourceType,
  type VerifiedRequest,
} from '@ringback/contracts';
import { digestOf } from '../http/body-digest.ts';
import { headerText } from '../http/header-text.ts';
import { withoutSecrets } from '../http/headers.ts';
import { checkId, usableId } from '../http/id.ts';
import { jsonAt, jsonValue } from '../http/json-value.ts';
import { peekJson, readJson } from '../http/read-json.ts';
import { typeWords } from '../http/type-word.ts';
import { weakSecrets } from '../http/weak-secrets.ts';
import { createAnswers } from './answers.ts';
import { HmacSettings } from './config.ts';
import { problemsOfFit } from './fit.ts';
import { createExplain } from './explain.ts';
import { createHmacSender } from './sender.ts';
import { createVerifier } from './verifier.ts';
import { type From, headerValue } from './values.ts';

/** Any sender that puts an HMAC into a header. */
export const hmac: SourceType<typeof HmacSettings, HmacSettings> = {
  type: 'hmac',
  settings: HmacSettings,
  kinds: ['event'],
  types: ({ name }) => ({ bodies: {}, open: name }),
  identities: ({ path }) => ({ paths: [{ value: path, at: ['path'] }], accounts: [] }),
  problems: problemsOfFit,
  weakSecrets: ({ secrets }) => weakSecrets(secrets),
  create: createHmacSource,
  createSender: createHmacSender,
};

type Configured = { readonly name: string; readonly settings: HmacSettings };

function createHmacSource({ name, settings }: Configured): Source {
  return {
    name,
    paths: [settings.path],
    methods: ['POST'],
    greetMethods: settings.challenge?.query === undefined ? [] : ['GET'],
    businessKey: ({ about }) => about,
    ...createAnswers(settings),
    precheck: createPrecheck({ name, settings }),
    ...createExplain({ name, settings }),
    read: (request) => ({ source: name, ...readRequest({ name, settings }, request) }),
  };
}

function createPrecheck({ name, settings }: Configured): Source['precheck'] {
  const verifier = createVerifier({ name, settings });
  return (head) => {
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

/** @throws RingbackError RB_BODY_MALFORMED, RB_BODY_INCOMPLETE or RB_HEADER_INVALID */
function readRequest({ name, settings }: Configured, request: VerifiedRequest): Omit<Callback, 'source'> {
  const { account, time, receivedAt, headers, body } = request;
  const { text, value } = readJson(body, request);
  const valueAt = (from: From) => (from.json === undefined ? headerValue(headers, from) : jsonValue(value, from.json));
  const event = settings.event && valueAt(settings.event);
  const about = settings.businessKey && valueAt(settings.businessKey);
  const type = `${name}.${settings.event ? typeWords(event ?? '') : 'event'}`;
  // Read again: a replay of a kept callback uses today's settings, which may name another place.
  const id = settings.id?.json === undefined ? request.id : requireId(value, body, settings.id.json);
  const callback = { id, account, type, time, receivedAt, body: text };
  return about === undefined ? callback : { ...callback, about: about.length > MOST_ABOUT ? digestOf(about) : about };
}

const MOST_ABOUT = 200;

/** @throws RingbackError RB_BODY_INCOMPLETE */
function requireId(value: object, body: Buffer, path: string): string {
  const found = jsonAt(value, path);
  if ((typeof found === 'string' && found !== '') || typeof found === 'number')
    return usableId(jsonValue(value, path)) ?? digestOf(body);
  throw new RingbackError('RB_BODY_INCOMPLETE', `the body lacks ${path}, which is the id of the callback: a text or a number`);
}

/** @throws RingbackError RB_HEADER_MISSING or RB_HEADER_INVALID */
function idOfHeader({ headers }: RequestHead, from: From): Buffer {
  const value = headerValue(headers, from);
  if (value === undefined)
    throw new RingbackError('RB_HEADER_MISSING', `missing header ${from.header}, which is the id of the callback`);
  return checkId(from.header ?? '', Buffer.from(value, 'latin1'));
}

/** The value in the body if it is usable, else the digest of the body. */
function idOfBody(body: Buffer, path: string | undefined): string {
  const value = path === undefined ? undefined : usableId(jsonValue(peekJson(body), path));
  return value ?? digestOf(body);
}
