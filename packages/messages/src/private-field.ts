// Decides what the generic message may show. Hides too much rather than too little.

/** Personal data or a secret, as a word of a key. */
const PRIVATE_WORDS = wordSet(`
  tel cell from to other pass pwd pin otp pan cvv cvc dob age zip lat lng lon coordinate ip ipv ssn imei imsi last4 fax landline
  addr city zipcode clientip remoteip nick passcode pincode key auth oauth authcode sign jwt sms text content`);

/** These tell at the beginning and at the end of a longer word as well: `phonenumber`, `customername`. */
const PRIVATE_PARTS = `
  phone mobile msisdn caller callee recipient whatsapp wechat name user login mail
  address street postcode postal location latitude longitude birth gender passport iban card
  secret bearer token password passwd passphrase credential apikey authorization signature cookie session
  body transcript utterance`;

const PRIVATE_ENDS = 'key text';

const CONTACT_NUMBER = /contact[^a-z]*n(?:o|um|umber)[^a-z]*$/i;

/** Words with such a part that mean something else. */
const HARMLESS = wordSet(`
  namespace nameserver filename hostname pathname typename classname eventname tagname branchname tablename rename
  cardinality discard wildcard scorecard allocation relocation context`);

/** As keys of single values these name an id. */
const PERSON_PARTS = `
  customer contact sender pusher author committer owner creator member person people patient guest client
  employee agent profile billing shipping payer payee`;

const PERSON_WORDS = wordSet('lead bank geo');

const PRIVATE_PART = beginOrEnd(PRIVATE_PARTS, PRIVATE_ENDS);
const PERSON_PART = beginOrEnd(PERSON_PARTS);

const EMAIL = /\S@\S/;
/** A phone number with +, or a phone or card number of 10 to 19 digits. */
const DIGITS = /\+\d[\d ()/.-]{6,}|(?<!\d)\d{10,19}(?!\d)/;
/** 13 to 19 digits with spaces or hyphens. */
const CARD = /(?<![\w-])\d(?:[ -]?\d){12,18}(?![\w-])/;
/** `020 7946 0958`, `(555) 867-5309` */
const PHONE = /(?<![\w-])\(?\d{2,5}\)?[ .-]\d{3,4}[ .-]?\d{3,4}(?![\w-])/;
const IBAN = /\b[A-Z]{2}\d{2}(?: ?[A-Z\d]){11,30}\b/;
/** Four numbers, or five to eight groups with colons (a MAC address too). */
const IP = /(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])|(?<!\w)[\da-f]{0,4}(?::[\da-f]{0,4}){4,7}(?!\w)/i;
const SIGNED_URL = /[?&][^=\s]*(?:token|key|secret|sig|auth)[^=\s]*=/i;
const PRIVATE_TEXTS = [EMAIL, DIGITS, CARD, PHONE, IBAN, IP, SIGNED_URL];

/** An id. Its digits may look like a phone number. */
const UUID = /(?<![\w-])[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}(?![\w-])/gi;

/** 16 letters and digits in a row, or 32 with signs, are more likely a token than words. */
const TOKEN = /(?<![a-z\d])(?=[a-z]*\d)(?=\d*[a-z])[a-z\d]{16,}/i;
const LONG_TOKEN = /(?<![\w+/=-])(?=[\w+/=-]*\d)(?=[\w+/=-]*[a-z])(?=[\w+/=-]*[A-Z])[\w+/=-]{32,}/;

/** A host after a scheme, or with a dot, and the rest. A path may hold a secret: `https://hooks.slack.com/services/…`. */
const URLS = /(:\/\/[^\s/?#]*|(?<![a-z\d-])(?:[a-z\d-]{1,63}\.){1,8}[a-z]{2,24}(?=[/?#]))([/?#]\S*)/gi;
const FIRST_SEGMENT = /^\/[a-z][a-z_-]{0,19}(?=\/)/;
const QUERY = /\?[^\s?=]*=\S*/g;

/** A pattern over a long value could take seconds. */
const MAX_LOOK = 400;
/** Less than is looked at: what is cut off may be what tells. At most this much is shown of any text. */
const MAX_SHOWN = 301;

export function isPrivateKey(key: string): boolean {
  if (CONTACT_NUMBER.test(key)) return true;
  return wordsOf(key).some((word) => PRIVATE_WORDS.has(word) || (PRIVATE_PART.test(word) && !HARMLESS.has(word)));
}

export function isPerson(key: string): boolean {
  return wordsOf(key).some((word) => PERSON_WORDS.has(word) || PERSON_PART.test(word));
}

/** A phone number, a token and the like, as a key or a value. */
export function isPrivateText(text: string): boolean {
  const look = lookOf(text);
  return looksPersonal(look) || isToken(look);
}

/** The value without what URLs may hide. Undefined: not to be shown. */
export function publicText(key: string, value: string): string | undefined {
  const look = lookOf(value);
  if (looksPersonal(look)) return undefined;
  // A name rather than an id.
  if (isPerson(key) && !/\d/.test(look)) return undefined;
  const shown = shortenUrls(value.slice(0, MAX_SHOWN));
  return isToken(shortenUrls(look)) && wordsOf(key).at(-1) !== 'id' ? undefined : shown;
}

/** With digits, letters and signs that are written in other ways, such as in percent. */
export function readable(text: string): string {
  let [before, after] = ['', text];
  // Bounded, for a text that is encoded several times.
  for (let round = 0; round < 3 && after !== before; round += 1) {
    before = after;
    after = before.replaceAll(/%([0-7][\da-f])/gi, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)));
  }
  return after
    .normalize('NFKC')
    .replaceAll(/\p{Cf}/gu, '')
    .replaceAll(/\p{Pd}/gu, '-')
    .replaceAll(/\s/g, ' ');
}

function lookOf(text: string): string {
  return readable(text.slice(0, MAX_LOOK)).replaceAll(UUID, 'uuid');
}

function looksPersonal(text: string): boolean {
  return PRIVATE_TEXTS.some((pattern) => pattern.test(text));
}

function isToken(text: string): boolean {
  return TOKEN.test(text) || LONG_TOKEN.test(text);
}

function shortenUrls(text: string): string {
  const short = text.replaceAll(URLS, (url: string, origin: string, rest: string) =>
    rest === '/' ? url : `${origin}${FIRST_SEGMENT.exec(rest)?.[0] ?? ''}/…`,
  );
  return short.replaceAll(QUERY, '?…');
}

/** Each word in the singular, without a number, and as it is. */
function wordsOf(key: string): string[] {
  const words = key
    .replaceAll(/([a-z\d])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .filter((word) => word !== '');
  return words.flatMap((word) => [word, singular(word.replaceAll(/^\d+|\d+$/g, ''))]);
}

function singular(word: string): string {
  return word
    .replace(/ies$/, 'y')
    .replace(/(ss|x|ch|sh)es$/, '$1')
    .replace(/([^s])s$/, '$1');
}

function beginOrEnd(parts: string, ends = ''): RegExp {
  const either = [...wordSet(parts)].join('|');
  const last = [either, ...wordSet(ends)].filter((part) => part !== '').join('|');
  return new RegExp(`^(?:${either})|(?:${last})$`);
}

function wordSet(words: string): ReadonlySet<string> {
  return new Set(words.trim().split(/\s+/));
}
