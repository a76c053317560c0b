/** Words in a key that tell of a person or of a secret. A channel has many readers. */
const PRIVATE_WORDS: ReadonlySet<string> = new Set(
  `phone phones mobile cell tel telephone msisdn caller callee from to recipient other name user username firstname lastname surname fullname mail email address birthday birthdate ssn iban card
  secret bearer pin otp token password passwd key apikey auth authorization sign signature cookie session content text sms`.split(
    /\s+/,
  ),
);

const EMAIL = /\S@\S/;
/** With a +, or as 10 to 15 digits in a row, as the provider writes them. */
const PHONE = /\+\d[\d ()/.-]{6,}|(?<!\d)\d{10,15}(?!\d)/;
const CARD = /\d{4}[ -]\d{4}[ -]\d{4}/;
const SIGNED_URL = /[?&][^=\s]*(?:token|key|secret|sig|auth)[^=\s]*=/i;
const PRIVATE_VALUES = [EMAIL, PHONE, CARD, SIGNED_URL];

/** What is shown of a value at most. A pattern over all of a long value could take seconds. */
const MAX_LOOK = 400;

/** True if a field seems to hold personal data or a secret, by its key or by its value. It errs on the side of hiding. */
export function isPrivate(key: string, value: string): boolean {
  const shown = value.slice(0, MAX_LOOK);
  return wordsOf(key).some((word) => PRIVATE_WORDS.has(word)) || PRIVATE_VALUES.some((pattern) => pattern.test(shown));
}

/** `callerPhone`, `caller_phone` → caller, phone */
function wordsOf(key: string): string[] {
  return key
    .replaceAll(/([a-z\d])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z\d]+/);
}
