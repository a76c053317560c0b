import type { Effort, Explaining, Reason, RequestHead, Source } from '@ringback/contracts';
import { explainSignature, type OtherWay } from '../explain/explain-signature.ts';
import { likely, readHexForm } from '../explain/hex-form.ts';
import { withOtherNames } from '../explain/other-header.ts';
import { refusalIn, withStale } from '../explain/reasons.ts';
import { revealed } from '../explain/revealed.ts';
import { createSearches } from '../explain/search.ts';
import { factsOf } from '../http/facts.ts';
import { headerText } from '../http/header-text.ts';
import { shownText } from '../http/shown-text.ts';
import { readDigits, refuseStale } from '../http/time.ts';
import type { NxlinkAccount, NxlinkSettings } from './config.ts';
import { readAccessKey, readSigned, SIGNED, type SignedHeaders } from './headers.ts';
import { computeSign } from './signature.ts';

type Configured = { readonly name: string; readonly settings: NxlinkSettings };

const ACCESS_KEY = { names: ['accessKey'], sign: 'sign' };
const FORM = { algorithm: 'md5', letters: 'lower', side: 'NXLink signs with md5' } as const;

export function createExplain({ name, settings }: Configured): Required<Pick<Source, 'explain' | 'facts'>> {
  const accounts = new Map(settings.accounts.map((account) => [account.accessKey, account]));
  return {
    *explain({ headers: sent, receivedAt }, body, effort) {
      const keyed = withOtherNames(sent, ACCESS_KEY);
      const invalid = keyed.isMissing ? [] : refusalIn(() => readAccessKey(keyed.headers));
      if (keyed.isMissing || invalid.length > 0) return { reasons: [...keyed.reasons, ...invalid], isProven: false };
      const account = accounts.get(readAccessKey(keyed.headers).toString('latin1'));
      if (account?.signed === false) return { account: account.accessKey, reasons: keyed.reasons, isProven: true };
      const rest = withOtherNames(keyed.headers, { names: [...SIGNED, 'accessKey'], sign: 'sign' });
      const other = [...keyed.reasons, ...rest.reasons];
      const wrong = rest.isMissing ? [] : refusalIn(() => readSigned(rest.headers));
      const named = account && { account: account.accessKey };
      if (!account && (rest.isMissing || wrong.length > 0))
        return { reasons: [...other, unknown(name, keyed.headers)], isProven: false };
      if (rest.isMissing || wrong.length > 0) return { ...named, reasons: [...other, ...wrong], isProven: false };
      const signed = readSigned(rest.headers);
      if (!account) return yield* explainUnknown({ name, settings, headers: keyed.headers, signed, body, effort, other });
      const claim = { account, others: settings.accounts, signed, body, effort, other };
      const explanation = yield* explainAccount(claim);
      return { ...withStale(explanation, staleIn({ name, settings, signed, receivedAt })), ...named };
    },
    facts: ({ headers }: RequestHead) => {
      const account = accounts.get(headers['accesskey']?.[0] ?? '');
      const facts = factsOf(headers, { sign: 'sign', account: 'accessKey' });
      const [sign] = headers['sign'] ?? [];
      const form = sign === undefined ? {} : likely(readHexForm(Buffer.from(sign, 'latin1'), FORM));
      return account ? { ...facts, account: account.accessKey, algorithm: 'md5', ...form } : facts;
    },
  };
}

function staleIn({ name, settings, signed, receivedAt }: Configured & { signed: SignedHeaders; receivedAt: number }): Reason[] {
  const time = readDigits(signed.ts.toString('latin1'));
  if (time === undefined) return [{ code: 'header-invalid', text: 'header ts is no time in milliseconds: send digits' }];
  const { tolerance: allowed } = settings;
  return refusalIn(() => refuseStale({ header: 'ts', time, receivedAt, allowed, setting: 'tolerance', source: name }));
}

type Claim = {
  readonly signed: SignedHeaders;
  readonly body: Buffer | undefined;
  readonly effort: Effort | undefined;
  readonly other: readonly Reason[];
};
type OfAccount = Claim & { readonly account: NxlinkAccount; readonly others: readonly NxlinkAccount[] };

const secretsOf = ({ accessSecrets = [] }: NxlinkAccount) => accessSecrets.map((secret) => secret.reveal());

function* explainAccount({ account, others, signed, body, effort, other }: OfAccount): Explaining {
  const form = readHexForm(signed.sign, FORM);
  const algorithm = form.algorithm ?? 'md5';
  const fitsFor = ({ accessKey }: NxlinkAccount, keys: readonly string[], bytes: Buffer) => {
    const parts = { ...signed, accessKey: Buffer.from(accessKey), body: bytes };
    return keys.some((key) => computeSign(key, parts, algorithm) === form.sign.toString('latin1'));
  };
  const secrets = secretsOf(account);
  return yield* explainSignature({
    known: [...other, ...form.reasons],
    secretsOf: `account ${account.accessKey}`,
    keys: secrets,
    secrets,
    body,
    effort,
    fits: ({ keys, body: bytes }) => fitsFor(account, keys.map(String), bytes),
    *otherWays(bytes): Generator<OtherWay> {
      for (const { accessKey, accessSecrets = [] } of others) {
        if (accessKey === account.accessKey) continue;
        const text = `the signature fits a secret of account ${accessKey}: the sender mixes up its accounts, or our settings do`;
        yield { code: 'other-account', text, fits: () => fitsFor(account, revealed(accessSecrets), bytes) };
      }
    },
  });
}

function unknown(name: string, headers: RequestHead['headers'], more = ''): Reason {
  const accessKey = shownText(headerText(readAccessKey(headers)));
  const how = more === '' ? ": add it to the source's accounts, or correct the accessKey at the sender" : more;
  return { code: 'unknown-account', text: `no account of source ${name} has the accessKey ${accessKey}${how}` };
}

function* explainUnknown({
  name,
  settings,
  headers,
  signed,
  body,
  effort,
  other,
}: Claim & Configured & Pick<RequestHead, 'headers'>): Explaining {
  const sentKey = readAccessKey(headers);
  const form = readHexForm(signed.sign, FORM);
  const sign = form.sign.toString('latin1');
  const searches = createSearches(effort);
  const search = searches.search('secrets of other accounts', 1);
  for (const account of body ? settings.accounts : []) {
    yield;
    if (!body || !search.affords(body.length * (account.accessSecrets?.length ?? 0))) break;
    const parts = { ...signed, accessKey: sentKey, body };
    if (!revealed(account.accessSecrets ?? []).some((key) => computeSign(key, parts) === sign)) continue;
    const more = `, and the signature fits a secret of account ${account.accessKey}: correct its accessKey, here or at the sender`;
    return { reasons: [...other, unknown(name, headers, more), ...form.reasons], isProven: true };
  }
  return { reasons: [...other, unknown(name, headers)], isProven: false, ...searches.left() };
}
