/**
 * Text that Discord shows as it is: no formatting, link, mention, emoji or timestamp, and no heading, quote or list at its beginning.
 * A colon before a space stays: neither a URL nor an emoji has one.
 */
export function escapeMarkdown(text: string): string {
  return text.replaceAll(/[\\*_~`|<>[\]@]|:(?=\S)/g, String.raw`\$&`).replace(/^(\d*)([#+.-])/, String.raw`$1\$2`);
}

/** Cuts off so that at most `max` UTF-16 units are left, and no escape or character is parted. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  let start = '';
  for (const [part] of text.matchAll(/\\?./gsu)) {
    if (start.length + part.length >= max) break;
    start += part;
  }
  return `${start}…`;
}

/** A link with a label. What would end its URL early is percent-encoded. */
export function linkTo({ label, url }: { readonly label: string; readonly url: string }): string {
  const target = url.replaceAll(/[()<>\\|"'`\s]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
  return `[${escapeMarkdown(label)}](${target})`;
}
