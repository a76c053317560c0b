const PRIVATE_WORDS = wordSet(`
  phone phones mobile cell tel telephone msisdn caller callee from to recipient other
  name user username firstname lastname surname fullname nickname login mail email
  address street city zip postcode postal location latitude longitude lat lng ip
  birthday birthdate birth age gender ssn passport iban card last4
  secret bearer pin otp token password passwd key apikey auth authorization sign signature cookie session
  content text sms body transcript utterance`);

/** As keys of single values these name an id. */
const PERSON_WORDS = wordSet(`
  customer contact sender pusher author committer owner creator member person people patient guest client
  employee agent lead profile billing shipping payer payee bank geo`);

const EMAIL = /\S@\S/;
/** With a +, or 10 to 15 digits in a row. */
const PHONE = /\+\d[\d ()/.-]{6,}|(?<!\d)\d{10,15}(?!\d)/;
const CARD = /\d{4}[ -]\d{4}[ -]\d{4}/;
const SIGNED_URL = /[?&][^=\s]*(?:token|key|secret|sig|auth)[^=\s]*=/i;
const PRIVATE_TEXTS = [EMAIL, PHONE, CARD, SIGNED_URL];

/** More than is shown. A pattern over a long value could take seconds. */
const MAX_LOOK = 400;

/** Personal data or a secret. Rather hides too much. */
export function isPrivateKey(key: string): boolean {
  return wordsOf(key).some((word) => PRIVATE_WORDS.has(word));
}

export function isPerson(key: string): boolean {
  return wordsOf(key).some((word) => PERSON_WORDS.has(word));
}

export function isPrivateText(text: string): boolean {
  const shown = text.slice(0, MAX_LOOK);
  return PRIVATE_TEXTS.some((pattern) => pattern.test(shown));
}

function wordsOf(key: string): string[] {
  return key
    .replaceAll(/([a-z\d])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z\d]+/);
}

function wordSet(words: string): ReadonlySet<string> {
  return new Set(words.trim().split(/\s+/));
}
