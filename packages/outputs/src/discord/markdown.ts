/** Discord then shows the text as it is. No URL or emoji has a colon before a space. */
export function escapeMarkdown(text: string): string {
  return text.replaceAll(/[\\*_~`|<>[\]@]|:(?=\S)/g, String.raw`\$&`).replace(/^(\d*)([#+.-])/, String.raw`$1\$2`);
}

/** At most `max` UTF-16 units. Keeps escapes and characters whole. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  let start = '';
  for (const [part] of text.matchAll(/\\?./gsu)) {
    if (start.length + part.length >= max) break;
    start += part;
  }
  return `${start}…`;
}

export function linkTo({ label, url }: { readonly label: string; readonly url: string }): string {
  const target = url.replaceAll(/[()<>\\|"'`\s]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
  return `[${escapeMarkdown(label)}](${target})`;
}
