/** What stands beside a label; a row without a value is left out. */
export type Row = readonly [label: string, value: string | null | undefined];

export type MessageParts = {
  readonly title: string;
  /** One line below the title, such as a progress bar. */
  readonly lead?: string | undefined;
  readonly rows: readonly Row[];
  /** A page to open. The label is ours; a URL that cannot be shown safely is left out. */
  readonly link?: { readonly label: string; readonly url: string } | undefined;
  /** Small print. */
  readonly footer: readonly string[];
};

/** Formatted by Slack: MUST hold nothing of a callback but a URL from `safeUrl`. */
type Markup = { readonly type: 'mrkdwn'; readonly text: string; readonly verbatim: true };

type PlainText = { readonly type: 'plain_text'; readonly text: string; readonly emoji: false };

export type SlackMessage = {
  /** For notifications and screen readers. */
  readonly text: string;
  readonly mrkdwn: false;
  readonly blocks: readonly object[];
};

/** Limits in characters, but for the last (https://docs.slack.dev/reference/block-kit/blocks). */
const MAX = { header: 150, section: 3000, field: 2000, context: 2000, fallback: 3000, fieldsPerSection: 10, url: 2000 } as const;

/** A value longer than this is no longer readable, whatever Slack would take. */
const MAX_VALUE = 300;

/**
 * A message of header, lead, rows of a bold label and a value beside it, link and footer, kept within Slack's limits by cutting texts off.
 * What a callback holds is `plain_text`: Slack finds no link, mention or formatting in it.
 */
export function buildMessage({ title, lead, rows, link, footer }: MessageParts): SlackMessage {
  const shown = rows.flatMap(([label, value]) => (isBlank(value) ? [] : [{ label, value: oneLine(value) }]));
  const fields = shown.flatMap(({ label, value }) => [markup(`*${label}*`), plainText(value, MAX.field)]);
  const url = link && safeUrl(link.url);
  const summary = [title, lead, ...shown.map(({ label, value }) => `${label}: ${value}`)].filter((part) => part !== undefined);
  return {
    text: escapeText(summary.join(' · '), MAX.fallback),
    mrkdwn: false,
    blocks: [
      { type: 'header', text: plainText(oneLine(title), MAX.header) },
      ...(lead === undefined ? [] : [{ type: 'section', text: plainText(lead, MAX.section) }]),
      ...inGroups(fields, MAX.fieldsPerSection).map((group) => ({ type: 'section', fields: group })),
      ...(url === undefined ? [] : [{ type: 'section', text: markup(`<${url}|${link?.label}>`) }]),
      { type: 'context', elements: [plainText(footer.map(oneLine).join(' · '), MAX.context)] },
    ],
  };
}

function markup(text: string): Markup {
  return { type: 'mrkdwn', text, verbatim: true };
}

/** An http or https URL as Slack takes it between `<` and `|`; undefined for anything else, and where it is too long to be a link whole. */
function safeUrl(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') return undefined;
  const href = url.href.replaceAll(/[<>|\s]/g, encodeURIComponent).replaceAll('&', '&amp;');
  return href.length > MAX.url ? undefined : href;
}

function plainText(text: string, max: number): PlainText {
  return { type: 'plain_text', text: escapeText(text, max), emoji: false };
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** Escapes as Slack asks (https://docs.slack.dev/messaging/formatting-message-text#escaping) and cuts off so that the result has at most `max` UTF-16 units. */
function escapeText(text: string, max: number): string {
  let escaped = '';
  for (const character of text) {
    const next = ESCAPES[character] ?? character;
    if (escaped.length + next.length >= max) return `${escaped}…`;
    escaped += next;
  }
  return escaped;
}

function isBlank(value: string | null | undefined): value is null | undefined | '' {
  return value === null || value === undefined || value.trim() === '';
}

function oneLine(text: string): string {
  const start = text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE)}…` : text;
  return start
    .toWellFormed()
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim();
}

function inGroups<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));
}
