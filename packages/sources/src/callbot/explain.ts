import { createSecret, type Effort, type Explaining, type Reason, type RequestHead, type Source } from '@ringback/contracts';
import { explainSignature, type OtherWay } from '../explain/explain-signature.ts';
import { type HexForm, likely, readHexForm } from '../explain/hex-form.ts';
import { withOtherNames } from '../explain/other-header.ts';
import { refusalIn, withStale } from '../explain/reasons.ts';
import { revealed } from '../explain/revealed.ts';
import { createSearches } from '../explain/search.ts';
import { factsOf } from '../http/facts.ts';
import { headerText } from '../http/header-text.ts';
import { shownText } from '../http/shown-text.ts';
import type { CallbotAccount, CallbotSettings } from './config.ts';
import { signedAt } from './create-ts.ts';
import { type CallbotHeaders, readHeaders, REQUIRED } from './headers.ts';
import { verifySign } from './signature.ts';

type Configured = { readonly name: string; readonly settings: CallbotSettings };

const keyOf = ({ uuid }: CallbotAccount) => Buffer.from(uuid).toString('latin1');

const FORM = { letters: 'upper', side: "set the account's algorithm as its Developer page has it, here or there" } as const;

export function createExplain({ name, settings }: Configured): Required<Pick<Source, 'explain' | 'facts'>> {
  const accounts = new Map(settings.accounts.map((account) => [keyOf(account), account]));
  return {
    *explain({ headers: sent, receivedAt }, body, effort) {
      const { headers: found, reasons: other, isMissing } = withOtherNames(sent, { names: REQUIRED, sign: 'sign' });
      const invalid = isMissing ? [] : refusalIn(() => readHeaders(found));
      if (isMissing || invalid.length > 0) return { reasons: [...other, ...invalid], isProven: false };
      const headers = readHeaders(found);
      const account = accounts.get(headers.uuid.toString('latin1'));
      if (!account) return yield* explainUnknown({ name, settings, headers, body, effort, other });
      const stale = refusalIn(() => signedAt({ ...headers, receivedAt, maxSkew: settings.maxSkew, source: name }));
      const explanation = yield* explainAccount({ account, others: settings.accounts, headers, body, effort, other });
      return { ...withStale(explanation, stale), account: account.uuid };
    },
    facts: ({ headers }: RequestHead) => {
      const account = accounts.get(headers['uuid']?.[0] ?? '');
      const facts = factsOf(headers, { id: 'requestID', sign: 'sign', account: 'uuid' });
      return account ? { ...facts, ...accountFacts(account, headers['sign']?.[0]) } : facts;
    },
  };
}

function accountFacts({ uuid, algorithm }: CallbotAccount, sign: string | undefined) {
  const known = { account: uuid, algorithm };
  return sign === undefined ? known : { ...known, ...likely(readHexForm(Buffer.from(sign, 'latin1'), { algorithm, ...FORM })) };
}

type Claim = {
  readonly headers: CallbotHeaders;
  readonly body: Buffer | undefined;
  readonly effort: Effort | undefined;
  readonly other: readonly Reason[];
};

function* explainAccount({
  account,
  others,
  headers,
  body,
  effort,
  other,
}: Claim & { account: CallbotAccount; others: readonly CallbotAccount[] }): Explaining {
  const form = readHexForm(headers.sign, { algorithm: account.algorithm, ...FORM });
  return yield* explainSignature({
    known: [...other, ...form.reasons],
    secretsOf: `account ${account.uuid}`,
    ...keysOf(account),
    body,
    effort,
    fits: ({ keys, body: signed }) => signs({ account, keys: keys.map(String), form, headers, body: signed }),
    otherWays: (signed) => otherAccounts({ account, others, headers, body: signed, form }),
  });
}

function keysOf({ secrets }: CallbotAccount) {
  const keys = secrets.map((secret) => secret.reveal());
  return { keys, secrets: keys };
}

type Signed = {
  readonly account: CallbotAccount;
  readonly keys: readonly string[];
  readonly form: HexForm;
  readonly headers: CallbotHeaders;
  readonly body: Buffer;
};

function signs({ account, keys, form: { algorithm, sign }, headers, body }: Signed): boolean {
  if (algorithm !== 'md5' && algorithm !== 'sha256') return false;
  return verifySign({ ...account, algorithm, secrets: keys.map(createSecret) }, sign, { ...headers, body });
}

type Others = {
  account: CallbotAccount;
  others: readonly CallbotAccount[];
  headers: CallbotHeaders;
  body: Buffer;
  form: HexForm;
};

function* otherAccounts({ account, others, headers, body, form }: Others): Generator<OtherWay> {
  for (const other of others) {
    if (other === account) continue;
    const text = `the signature fits a secret of account ${other.uuid}: the sender mixes up its accounts, or our settings do`;
    const fits = () => signs({ account: other, keys: revealed(other.secrets), form, headers, body });
    yield { code: 'other-account', text, fits };
  }
}

function* explainUnknown({ name, settings, headers, body, effort, other }: Claim & Configured): Explaining {
  const uuid = shownText(headerText(headers.uuid));
  const unknown = `no account of source ${name} has the uuid ${uuid}`;
  const searches = createSearches(effort);
  const search = searches.search('secrets of other accounts', 1);
  for (const account of body ? settings.accounts : []) {
    const form = readHexForm(headers.sign, { algorithm: account.algorithm, ...FORM });
    yield;
    if (!body || !search.affords(body.length * account.secrets.length)) break;
    if (!signs({ account, keys: revealed(account.secrets), form, headers, body })) continue;
    const text = `${unknown}, and the signature fits a secret of account ${account.uuid}: correct its uuid, here or at the sender`;
    return { reasons: [...other, { code: 'unknown-account', text }, ...form.reasons], isProven: true };
  }
  const text = `${unknown}: add it to the source's accounts, or correct the uuid at the sender (capitals matter)`;
  return { reasons: [...other, { code: 'unknown-account', text }], isProven: false, ...searches.left() };
}
