/** What stands beside a label; a row without a value is left out. */
export type Row = readonly [label: string, value: string | null | undefined];

export type MessageParts = {
  readonly title: string;
  /** One line below the title, such as a progress bar. */
  readonly lead?: string | undefined;
  readonly rows: readonly Row[];
  /** Small print. */
  readonly footer: readonly string[];
};

type PlainText = { readonly type: 'plain_text'; readonly text: string; readonly emoji: false };

export type SlackMessage = {
  /** For notifications and screen readers. */
  readonly text: string;
  readonly mrkdwn: false;
  readonly blocks: readonly object[];
};

/** Limits in characters, but for the last (https://docs.slack.dev/reference/block-kit/blocks). */
const MAX = { header: 150, section: 3000, field: 2000, context: 2000, fallback: 3000, fieldsPerSection: 10 } as const;

/** A value longer than this is no longer readable, whatever Slack would take. */
const MAX_VALUE = 300;

/**
 * A message of header, lead, rows in two columns, and footer, kept within Slack's limits by cutting texts off.
 * All of it is `plain_text`: whatever a callback holds, Slack finds no link, mention or formatting in it.
 */
export function buildMessage({ title, lead, rows, footer }: MessageParts): SlackMessage {
  const shown = rows.flatMap(([label, value]) => (isBlank(value) ? [] : [{ label, value: oneLine(value) }]));
  const fields = shown.map(({ label, value }) => plainText(`${label}\n${value}`, MAX.field));
  const summary = [title, lead, ...shown.map(({ label, value }) => `${label}: ${value}`)].filter((part) => part !== undefined);
  return {
    text: escapeText(summary.join(' · '), MAX.fallback),
    mrkdwn: false,
    blocks: [
      { type: 'header', text: plainText(oneLine(title), MAX.header) },
      ...(lead === undefined ? [] : [{ type: 'section', text: plainText(lead, MAX.section) }]),
      ...inGroups(fields, MAX.fieldsPerSection).map((group) => ({ type: 'section', fields: group })),
      { type: 'context', elements: [plainText(footer.map(oneLine).join(' · '), MAX.context)] },
    ],
  };
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
