/**
 * Makes Discord show text literally: no formatting, links, mentions, emoji, timestamps, headings, quotes or
 * lists. A colon before a space is safe: no URL or emoji has one.
 */
export function escapeMarkdown(text: string): string {
  return text.replaceAll(/[\\*_~`|<>[\]@]|:(?=\S)/g, String.raw`\$&`).replace(/^(\d*)([#+.-])/, String.raw`$1\$2`);
}

/** Cuts to at most `max` UTF-16 units, never inside an escape or a character. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  let start = '';
  for (const [part] of text.matchAll(/\\?./gsu)) {
    if (start.length + part.length >= max) break;
    start += part;
  }
  return `${start}…`;
}

/** A link with a label. Characters that would end the URL are percent-encoded. */
export function linkTo({ label, url }: { readonly label: string; readonly url: string }): string {
  const target = url.replaceAll(/[()<>\\|"'`\s]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
  return `[${escapeMarkdown(label)}](${target})`;
}
