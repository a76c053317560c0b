import { type RequestHead, RingbackError, type Source, type SourceType } from '@ringback/contracts';
import { digestOf } from '../http/body-digest.ts';
import { headerText } from '../http/header-text.ts';
import { singleHeader, withoutSecrets } from '../http/headers.ts';
import { problemOfHex, problemOfSpace } from '../http/hex-sign.ts';
import { peekJson, readJsonObject } from '../http/read-json.ts';
import { retCodeAnswer } from '../http/ret-code.ts';
import { shownText } from '../http/shown-text.ts';
import { readDigits, refuseStale } from '../http/time.ts';
import { type NxlinkAccount, NxlinkSettings } from './config.ts';
import { createExplain } from './explain.ts';
import { readAccessKey, readSigned } from './headers.ts';
import { aboutOf, BODIES, eventType } from './schema.ts';
import { createNxlinkSender } from './sender.ts';
import { verifySign } from './signature.ts';
import { subjects } from './subjects.ts';

/** NXLink, the provider's second family of callbacks. */
export const nxlink: SourceType<typeof NxlinkSettings, NxlinkSettings> = {
  type: 'nxlink',
  settings: NxlinkSettings,
  kinds: ['task', 'call'],
  types: () => ({ bodies: BODIES }),
  identities: ({ path, accounts }) => ({
    paths: [{ value: path, at: ['path'] }],
    accounts: accounts.map(({ accessKey }, index) => ({ value: accessKey, at: ['accounts', index, 'accessKey'] })),
  }),
  unsigned: ({ accounts }) =>
    accounts.flatMap(({ accessKey, signed }, index) => (signed ? [] : [{ value: accessKey, at: ['accounts', index] }])),
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
    const check = account.signed ? judge(account, head) : unsigned(head);
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
    paths: [settings.path],
    methods: ['POST'],
    businessKey: () => undefined,
    subjects,
    publiclySigned: () => settings.accounts.filter(hasPublishedSecret).map(({ accessKey }) => accessKey),
    answer: retCodeAnswer,
    precheck,
    ...createExplain({ name, settings }),
    read(request) {
      const { id, account, time, receivedAt, body } = request;
      const { text, object } = readJsonObject(body, request);
      return { id, source: name, account, type: eventType(object), time, receivedAt, body: text };
    },
  };
}

/** From the provider's documentation. */
const PUBLISHED = 'abciiiko2k3';

function hasPublishedSecret({ accessSecrets = [] }: NxlinkAccount): boolean {
  return accessSecrets.some((secret) => secret.reveal() === PUBLISHED);
}

function createJudge({ name, settings }: Configured) {
  const { tolerance: allowed } = settings;
  return (account: NxlinkAccount, { headers, receivedAt }: RequestHead) => {
    const { sign, ...signed } = readSigned(headers);
    const time = readDigits(signed.ts.toString('latin1'));
    if (time === undefined) throw new RingbackError('RB_HEADER_INVALID', 'header ts is no time in milliseconds: send digits');
    refuseStale({ header: 'ts', time, receivedAt, allowed, setting: 'tolerance', source: name });
    const claim = { source: name, account, sign };
    const problem = problemOfHex(sign.toString('latin1'), { algorithm: 'md5', letters: 'lower' });
    if (problem !== undefined) throw mismatch(claim, problem);
    return (body: Buffer): number => {
      const parts = { ...signed, accessKey: Buffer.from(account.accessKey) };
      const fits = (bytes: Buffer) => verifySign(account, sign, { ...parts, body: bytes });
      if (fits(body)) return time;
      throw mismatch(claim, problemOfSpace('the sign', body, fits));
    };
  };
}

type Claim = { readonly source: string; readonly account: NxlinkAccount; readonly sign: Buffer };

/** MUST tell senders only what they could find out themselves. Facts are for the log. */
function mismatch({ source, account, sign }: Claim, problem: string | undefined): RingbackError {
  const check = `accessSecrets of the account at source ${source}, and that nothing on the way rewrites the body`;
  return new RingbackError(
    'RB_SIGN_MISMATCH',
    `header sign does not fit the request: ${problem === undefined ? `check ${check}` : `${problem}. Check ${check}`}`,
    { facts: { account: account.accessKey, algorithm: 'md5', signLength: sign.length } },
  );
}

/** Without `ts`, the time of receipt counts. */
function unsigned({ headers, receivedAt }: RequestHead): (body: Buffer) => number {
  const time = readDigits(singleHeader(headers, 'ts')?.toString('latin1') ?? '') ?? receivedAt;
  return () => time;
}

/** No request id exists: subject, and digest of what is signed except the time, which a repeat may renew. */
function idOf({ headers }: RequestHead, body: Buffer): string {
  const digest = digestOf(singleHeader(headers, 'action') ?? '', singleHeader(headers, 'bizType') ?? '', body);
  return [aboutOfBytes(body) ?? 'body', digest].join(':');
}

const MOST_ABOUT = 100;

function aboutOfBytes(body: Buffer): string | undefined {
  const about = aboutOf(peekJson(body));
  // It goes into logs and headers.
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
