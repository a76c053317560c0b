import type { Reason, RequestHead, Source } from '@ringback/contracts';
import { algorithmOf, readForm } from '../explain/byte-form.ts';
import { explainSignature, type OtherWay } from '../explain/explain-signature.ts';
import { withOtherNames } from '../explain/other-header.ts';
import { refusalIn, withStale } from '../explain/reasons.ts';
import { keyEncodings } from '../explain/secret-variants.ts';
import { factsOf } from '../http/facts.ts';
import { hmacFits, type Message } from '../http/hmac.ts';
import type { HmacSettings } from './config.ts';
import { readTemplate } from './template.ts';
import { headerValue } from './values.ts';
import { createMessage, refuseStaleTimestamp, signatureTexts, timestampOf } from './verifier.ts';

type Configured = { readonly name: string; readonly settings: HmacSettings };

export function createExplain({ name, settings }: Configured): Required<Pick<Source, 'explain' | 'facts'>> {
  const { signature, timestamp, id } = settings;
  const account = name;
  const names = requiredNames(settings);
  return {
    *explain({ headers: sent, ...line }, body, effort) {
      const found = withOtherNames(sent, { names, sign: signature.header });
      const head = { ...line, headers: found.headers };
      const invalid = found.isMissing ? [] : refusalIn(() => readValues(head, settings));
      if (found.isMissing || invalid.length > 0) return { account, reasons: [...found.reasons, ...invalid], isProven: false };
      const { texts, values } = readValues(head, settings);
      const form = formOf(texts, settings);
      const algorithm = algorithmOf(form.signatures[0]) ?? signature.algorithm;
      const keys = settings.secrets.map((secret) => secret.reveal());
      const fits = (message: Message, by: readonly (string | Buffer)[]) =>
        hmacFits({ keys: by, algorithm, message, signatures: form.signatures });
      const toMessage = createMessage(settings);
      const explanation = yield* explainSignature({
        known: [...found.reasons, ...form.reasons],
        keys,
        secrets: keys,
        body,
        effort,
        secretsOf: `source ${name}`,
        fits: ({ keys: tried, body: bytes }) => fits(toMessage(head, { ...values, body: bytes }), tried),
        otherKeys: keyEncodings(keys),
        otherWays: (bytes) => otherTemplates({ settings, head, values, bytes }, (message) => fits(message, keys)),
      });
      const stale = timestamp ? refusalIn(() => refuseStaleTimestamp({ name, head, timestamp })) : [];
      return { ...withStale(explanation, stale), account };
    },
    facts: ({ headers }: RequestHead) => ({
      ...factsOf(headers, { id: id?.header, sign: signature.header }),
      account,
      algorithm: signature.algorithm,
    }),
  };
}

function requiredNames({ signature, timestamp, id }: HmacSettings): string[] {
  const names = [signature.header, timestamp?.header, id?.header].flatMap((name) => name ?? []);
  return [...new Set(names)];
}

type Values = { readonly timestamp: string; readonly id: string | Buffer };

/** @throws RingbackError RB_HEADER_MISSING or RB_HEADER_INVALID */
function readValues(head: RequestHead, { signature, timestamp, id }: HmacSettings): { texts: readonly string[]; values: Values } {
  const time = timestamp ? timestampOf(head, timestamp).text : '';
  const sentID = id?.header === undefined ? undefined : headerValue(head.headers, id);
  return {
    texts: signatureTexts(head, signature),
    values: { timestamp: time, id: sentID === undefined ? '' : Buffer.from(sentID, 'latin1') },
  };
}

function formOf(texts: readonly string[], { signature }: HmacSettings): ReturnType<typeof readForm> {
  const { prefix = '' } = signature;
  const prefixed = texts.filter((text) => text.startsWith(prefix)).map((text) => text.slice(prefix.length));
  const known = readForm(prefixed, signature);
  const isPrefixed = prefix === '' ? known.signatures.length > 0 : prefixed.length > 0;
  if (isPrefixed) return known;
  const bare = readForm(
    texts.map((text) => text.replace(/^[a-z0-9]+[=:,]\s*/i, '')),
    signature,
  );
  if (prefix === '' && bare.signatures.length === 0) return known;
  const why = `the signature has ${prefix === '' ? 'a prefix' : 'not the prefix'} ${prefix === '' ? 'that the settings do not name' : `that the settings name (${prefix})`}: correct signature.prefix, or what the sender writes`;
  const reason: Reason = { code: 'other-encoding', text: why };
  return { ...bare, reasons: [reason, ...bare.reasons.filter(({ code }) => code !== 'other-encoding')] };
}

type Tried = { readonly settings: HmacSettings; readonly head: RequestHead; readonly values: Values; readonly bytes: Buffer };

const TEMPLATES = [
  '{body}',
  '{timestamp}.{body}',
  '{timestamp}{body}',
  '{timestamp}:{body}',
  'v0:{timestamp}:{body}',
  '{id}.{timestamp}.{body}',
];

function* otherTemplates({ settings, head, values, bytes }: Tried, fits: (message: Message) => boolean): Generator<OtherWay> {
  const { signature } = settings;
  for (const signs of TEMPLATES) {
    const isUsable = readTemplate(signs).every(
      (part) => !('place' in part) || part.place === 'body' || values[timeOrId(part.place)].length > 0,
    );
    if (!isUsable || signs === signature.signs) continue;
    const toMessage = createMessage({ ...settings, signature: { ...signature, signs } });
    const text = `the signature covers ${signs}, and signature.signs of the settings says ${signature.signs}: set the same on both sides`;
    yield { code: 'other-signed-text', text, fits: () => fits(toMessage(head, { ...values, body: bytes })) };
  }
  yield* otherUrls({ settings, head, values, bytes }, fits);
}

const timeOrId = (place: string) => (place === 'timestamp' ? 'timestamp' : 'id');

/** Of a sender that signs the URL as it knows it. */
function* otherUrls({ settings, head, values, bytes }: Tried, fits: (message: Message) => boolean): Generator<OtherWay> {
  const { signature } = settings;
  if (signature.url === undefined || !signature.signs.includes('{url}')) return;
  const host = head.headers['host']?.[0];
  const swapped = signature.url.replace(/^http(s?):/, (_all, s: string) => (s === '' ? 'https:' : 'http:'));
  const urls = [swapped, ...(host === undefined ? [] : [`https://${host}`, `http://${host}`])];
  const heads = [head, { ...head, query: '' }, { ...head, path: `${head.path}/` }];
  for (const [at, url] of [signature.url, ...urls].entries()) {
    const toMessage = createMessage({ ...settings, signature: { ...signature, url } });
    for (const line of at === 0 ? heads.slice(1) : heads) {
      const text =
        'the signature covers another URL: scheme, host, path and query must be the same at the sender and in signature.url';
      yield { code: 'other-signed-text', text, fits: () => fits(toMessage(line, { ...values, body: bytes })) };
    }
  }
}
