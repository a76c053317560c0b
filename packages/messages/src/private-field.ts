/** Words in a key that tell of a person or of a secret. A channel has many readers. */
const PRIVATE_WORDS: ReadonlySet<string> = new Set(
  `phone phones mobile cell tel telephone msisdn caller callee from to name mail email address birthday birthdate ssn iban card
  secret token password passwd key apikey auth authorization sign signature cookie session content text sms`.split(/\s+/),
);

const EMAIL = /\S@\S/;
const PHONE = /\+\d[\d ()/.-]{6,}/;

/** What is shown of a value at most. A pattern over all of a long value could take seconds. */
const MAX_LOOK = 400;

/** True if a field seems to hold personal data or a secret, by its key or by its value. It errs on the side of hiding. */
export function isPrivate(key: string, value: string): boolean {
  const shown = value.slice(0, MAX_LOOK);
  return wordsOf(key).some((word) => PRIVATE_WORDS.has(word)) || EMAIL.test(shown) || PHONE.test(shown);
}

/** `callerPhone`, `caller_phone` → caller, phone */
function wordsOf(key: string): string[] {
  return key
    .replaceAll(/([a-z\d])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z\d]+/);
}
