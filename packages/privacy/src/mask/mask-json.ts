import { rewriteScalars } from './json-scalars.ts';
import { formsOfPhone, HIDDEN, maskedPhone } from './masked-text.ts';

type Path = readonly (string | number)[];
export type Fields = { readonly isHidden: (path: Path) => boolean; readonly isPhone: (path: Path) => boolean };

/** `as it is`: null and the empty text, which tell nothing. */
function textOf(json: string): string | undefined {
  if (json === 'null' || json === '""') return undefined;
  return json.startsWith('"') ? String(JSON.parse(json)) : json;
}

/**
 * Hides fields of a JSON text and leaves the rest byte for byte. A phone number of such a field is masked wherever
 * else it stands. A text that is not JSON is hidden as a whole.
 */
export function maskJson(json: string, { isHidden, isPhone }: Fields): string {
  if (!isJson(json)) return JSON.stringify(HIDDEN);
  const phones = new Set<string>();
  rewriteScalars(json, (path, value) => {
    const text = isPhone(path) ? textOf(value) : undefined;
    if (text !== undefined) for (const form of formsOfPhone(text)) phones.add(form);
    return undefined;
  });
  return rewriteScalars(json, (path, value) => {
    const text = textOf(value);
    if (text === undefined) return undefined;
    if (isHidden(path)) return JSON.stringify(HIDDEN);
    if (isPhone(path)) return JSON.stringify(maskedPhone(text));
    const masked = withoutThese(text, phones);
    return masked === text ? undefined : JSON.stringify(masked);
  });
}

function withoutThese(text: string, phones: ReadonlySet<string>): string {
  let masked = text;
  for (const phone of phones) if (masked.includes(phone)) masked = masked.replaceAll(phone, maskedPhone(phone));
  return masked;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
