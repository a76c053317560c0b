import { type InboundRequest, type RequestHead, RingbackError, type Source, type SourceType } from '@ringback/contracts';
import { digestOf } from '../http/body-digest.ts';
import { headerText } from '../http/header-text.ts';
import { singleHeader, withoutSecrets } from '../http/headers.ts';
import { peekJson, readJsonObject } from '../http/read-json.ts';
import { retCodeAnswer } from '../http/ret-code.ts';
import { shownText } from '../http/shown-text.ts';
import { readDigits, refuseStale } from '../http/time.ts';
import { DEFAULT_PATH, type NxlinkAccount, NxlinkSettings } from './config.ts';
import { readAccessKey, readSigned } from './headers.ts';
import { aboutOf, BODIES, eventType } from './schema.ts';
import { createNxlinkSender } from './sender.ts';
import { verifySign } from './signature.ts';

const ONE_MINUTE_MS = 60_000;

/** Callbacks of NXLink, the provider's second family. */
export const nxlink: SourceType<typeof NxlinkSettings, NxlinkSettings> = {
  type: 'nxlink',
  settings: NxlinkSettings,
  types: () => ({ bodies: BODIES }),
  identities: ({ path = DEFAULT_PATH, accounts }) => ({
    paths: [{ value: path, at: ['path'] }],
    accounts: accounts.map(({ accessKey }, index) => ({ value: accessKey, at: ['accounts', index, 'accessKey'] })),
  }),
  unsigned: ({ accounts }) =>
    accounts.flatMap(({ accessKey, signed }, index) => (signed === false ? [{ value: accessKey, at: ['accounts', index] }] : [])),
  create: createNxlinkSource,
  createSender: createNxlinkSender,
};

type Configured = { readonly name: string; readonly settings: NxlinkSettings };

function createNxlinkSource({ name, settings }: Configured): Source {
  const accounts = new Map(settings.accounts.map((account) => [account.accessKey, account]));
  const judge = createJudge({ name, settings });

  const precheck: Source['precheck'] = (head) => {
    const accessKey = readAccessKey(head.headers);
    const account = accounts.get(accessKey.toString('latin1'));
    if (!account) throw accountUnknown(name, accessKey);
    const check = account.signed === false ? unsigned(head) : judge(account, head);
    return (body) => ({
      time: check(body),
      id: idOf(head, body),
      source: name,
      account: account.accessKey,
      ...head,
      body,
      get headers() {
        return withoutSecrets(head.headers, ['sign']);
      },
    });
  };

  return {
    name,
    paths: [settings.path ?? DEFAULT_PATH],
    methods: ['POST'],
    // Nobody has documented what of a body a repeat has in common.
    businessKey: () => undefined,
    publiclySigned: () => settings.accounts.filter(hasPublishedSecret).map(({ accessKey }) => accessKey),
    answer: retCodeAnswer,
    precheck,
    verify: ({ body, ...head }: InboundRequest) => precheck(head)(body),
    read({ id, account, time, receivedAt, body }) {
      const { text, object } = readJsonObject(body);
      return { id, source: name, account, type: eventType(object), time, receivedAt, body: text };
    },
  };
}

/** A secret that stands in the provider's documentation. */
const PUBLISHED = 'abciiiko2k3';

function hasPublishedSecret({ accessSecrets = [] }: NxlinkAccount): boolean {
  return accessSecrets.some((secret) => secret.reveal() === PUBLISHED);
}

/** Judges the head of a signed callback, and returns what judges its body and tells when it was signed. */
function createJudge({ name, settings }: Configured) {
  const allowed = settings.tolerance ?? ONE_MINUTE_MS;
  return (account: NxlinkAccount, { headers, receivedAt }: RequestHead) => {
    const { sign, ...signed } = readSigned(headers);
    const time = readDigits(signed.ts.toString('latin1'));
    if (time === undefined) throw new RingbackError('RB_HEADER_INVALID', 'header ts is no time in milliseconds: send digits');
    refuseStale({ header: 'ts', time, receivedAt, allowed, setting: 'tolerance', source: name });
    return (body: Buffer): number => {
      if (verifySign(account, sign, { ...signed, accessKey: Buffer.from(account.accessKey), body })) return time;
      throw new RingbackError(
        'RB_SIGN_MISMATCH',
        `header sign does not fit the request: check accessSecrets of the account at source ${name}, and that nothing on the way rewrites the body`,
        { facts: { account: account.accessKey, signLength: sign.length } },
      );
    };
  };
}

/** Its time is what it says, or when it came: nothing of it can be believed more than the rest. */
function unsigned({ headers, receivedAt }: RequestHead): (body: Buffer) => number {
  const time = readDigits(singleHeader(headers, 'ts')?.toString('latin1') ?? '') ?? receivedAt;
  return () => time;
}

/** No request id is documented: the key is what the body is about, and the digest of all that is signed but its time, which a repeat may have anew. */
function idOf({ headers }: RequestHead, body: Buffer): string {
  const digest = digestOf(singleHeader(headers, 'action') ?? '', singleHeader(headers, 'bizType') ?? '', body);
  return [aboutOfBytes(body) ?? 'body', digest].join(':');
}

const MOST_ABOUT = 100;

function aboutOfBytes(body: Buffer): string | undefined {
  const value = peekJson(body);
  const about = typeof value === 'object' && value !== null ? aboutOf(value) : undefined;
  // It goes into logs and into the headers of deliveries.
  return about !== undefined && about.length <= MOST_ABOUT && /^[\x21-\x7e]+$/.test(about) ? about : undefined;
}

function accountUnknown(source: string, accessKey: Buffer): RingbackError {
  const facts = { accessKey: shownText(headerText(accessKey)) };
  return new RingbackError(
    'RB_ACCOUNT_UNKNOWN',
    `header accessKey names no account of source ${source}: add it to the source's accounts`,
    { facts },
  );
}
