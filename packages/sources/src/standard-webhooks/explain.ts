import type { Reason, RequestHead, Source } from '@ringback/contracts';
import { algorithmOf, readForm } from '../explain/byte-form.ts';
import { explainSignature, type OtherWay } from '../explain/explain-signature.ts';
import { withOtherNames } from '../explain/other-header.ts';
import { refusalIn, withStale } from '../explain/reasons.ts';
import { keyEncodings } from '../explain/secret-variants.ts';
import { factsOf } from '../http/facts.ts';
import { hmacFits, type Message } from '../http/hmac.ts';
import { readDigits, refuseStale } from '../http/time.ts';
import type { StandardWebhooksSettings } from './config.ts';
import { readHeaders, REQUIRED } from './headers.ts';
import { entriesIn, keyOf, messageOf } from './signature.ts';

type Configured = { readonly name: string; readonly settings: StandardWebhooksSettings };

export function createExplain({ name, settings }: Configured): Required<Pick<Source, 'explain' | 'facts'>> {
  const account = name;
  return {
    *explain({ headers: sent, receivedAt }, body, effort) {
      const found = withOtherNames(sent, { names: REQUIRED, sign: 'webhook-signature' });
      const invalid = found.isMissing ? [] : refusalIn(() => readHeaders(found.headers));
      if (found.isMissing || invalid.length > 0) return { account, reasons: [...found.reasons, ...invalid], isProven: false };
      const { id, timestamp, signature } = readHeaders(found.headers);
      const form = formOf(signature);
      const algorithm = algorithmOf(form.signatures[0]) ?? 'sha256';
      const texts = settings.secrets.map((secret) => secret.reveal());
      const keys = texts.map(keyOf);
      const fits = (message: Message, by: readonly (string | Buffer)[]) =>
        hmacFits({ keys: by, algorithm, message, signatures: form.signatures });
      const explanation = yield* explainSignature({
        known: [...found.reasons, ...form.reasons],
        keys,
        secrets: texts,
        body,
        effort,
        secretsOf: `source ${name}`,
        fits: ({ keys: tried, body: bytes }) => fits(messageOf({ id, timestamp, body: bytes }), tried),
        otherKeys: keyEncodings(texts),
        otherWays: (bytes) => otherTexts({ id, timestamp, bytes }, (message) => fits(message, keys)),
      });
      return { ...withStale(explanation, staleIn({ name, settings, timestamp, receivedAt })), account };
    },
    facts({ headers }: RequestHead) {
      const [sign] = headers['webhook-signature'] ?? [];
      const [reason] = sign === undefined ? [] : formOf(Buffer.from(sign, 'latin1')).reasons;
      const facts = factsOf(headers, { id: 'webhook-id', sign: 'webhook-signature' });
      return { ...facts, account, algorithm: 'sha256', ...(reason && { likely: reason.code }) };
    },
  };
}

function formOf(signature: Buffer): { signatures: readonly Buffer[]; reasons: readonly Reason[] } {
  const entries = entriesIn(signature);
  if (entries.length > 0) return readForm(entries, { encoding: 'base64', algorithm: 'sha256' });
  const why = 'it has no signature of version v1: the sender must write v1, before it';
  const bare = readForm(signature.toString('latin1').trim().split(/[ ,]/), { encoding: 'base64', algorithm: 'sha256' });
  return { ...bare, reasons: [{ code: 'header-invalid', text: `header webhook-signature: ${why}` }, ...bare.reasons] };
}

type Stale = Configured & { readonly timestamp: Buffer; readonly receivedAt: number };

function staleIn({ name, settings, timestamp, receivedAt }: Stale): Reason[] {
  const header = 'webhook-timestamp';
  const time = readDigits(timestamp.toString('latin1'));
  if (time === undefined) return [{ code: 'header-invalid', text: `header ${header} is no time in seconds: send digits` }];
  const { tolerance: allowed } = settings;
  return refusalIn(() => refuseStale({ header, time, receivedAt, allowed, setting: 'tolerance', source: name }));
}

type Parts = { readonly id: Buffer; readonly timestamp: Buffer; readonly bytes: Buffer };

function* otherTexts({ id, timestamp, bytes }: Parts, fits: (message: Message) => boolean): Generator<OtherWay> {
  const others: Record<string, Message> = {
    'the body alone': [bytes],
    'webhook-timestamp.body': [timestamp, '.', bytes],
    'webhook-id.body': [id, '.', bytes],
  };
  for (const [what, message] of Object.entries(others)) {
    const text = `the signature covers ${what}: the sender must sign webhook-id.webhook-timestamp.body`;
    yield { code: 'other-signed-text', text, fits: () => fits(message) };
  }
}
