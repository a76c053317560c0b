import { type Places, rewriteJson } from './rewrite-json.ts';
import { HIDDEN, maskedPhone } from './masked-text.ts';
import { createPhoneNumbers } from './phone-numbers.ts';

export type Fields<Place> = {
  readonly places: Places<Place>;
  readonly isHidden: (place: Place) => boolean;
  readonly isPhone: (place: Place) => boolean;
};

/** Undefined: null and the empty text, which tell nothing. */
function textOf(json: string): string | undefined {
  if (json === 'null' || json === '""') return undefined;
  return json.startsWith('"') ? String(JSON.parse(json)) : json;
}

/** `1.38e10` is the number 13800000000. */
const numberOf = (json: string): string => textOf(/^-?\d.*[eE]/.test(json) ? String(Number(json)) : json) ?? '';

/**
 * Hides fields of a JSON text and leaves the rest byte for byte. A phone number of such a field is masked wherever
 * else it stands, keys included. A text that is not JSON is hidden as a whole.
 */
export function maskJson<Place>(json: string, { places, isHidden, isPhone }: Fields<Place>): string {
  if (!isJson(json)) return JSON.stringify(HIDDEN);
  const phones = createPhoneNumbers();
  const collect = (place: Place, value: string): undefined => {
    if (isPhone(place)) phones.add(numberOf(value));
  };
  rewriteJson<Place>(json, { places, scalar: collect, key: collect });

  /** Undefined: nothing to mask. */
  function withoutPhones(value: string): string | undefined {
    const text = textOf(value) ?? '';
    const shown = phones.maskedIn(text);
    return shown === text ? undefined : JSON.stringify(shown);
  }

  function masked(place: Place, value: string): string | undefined {
    const text = textOf(value);
    if (text === undefined) return undefined;
    if (isHidden(place)) return JSON.stringify(HIDDEN);
    return isPhone(place) ? JSON.stringify(maskedPhone(text)) : withoutPhones(value);
  }

  return rewriteJson<Place>(json, { places, scalar: masked, key: (_, key) => withoutPhones(key) });
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
