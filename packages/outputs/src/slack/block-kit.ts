import { type Message, progressLine } from '@ringback/messages';

/** Slack formats it. Text of a callback MUST go through `linkUrl` or `asLabel`. */
type Markup = { readonly type: 'mrkdwn'; readonly text: string; readonly verbatim: true };

type PlainText = { readonly type: 'plain_text'; readonly text: string; readonly emoji: false };

export type SlackMessage = {
  /** For notifications and screen readers. */
  readonly text: string;
  readonly mrkdwn: false;
  readonly blocks: readonly object[];
};

/** https://docs.slack.dev/reference/block-kit/blocks */
const MAX = { header: 150, section: 3000, field: 2000, context: 2000, fallback: 3000, url: 2000, label: 900 } as const;

const FIELDS_PER_SECTION = 10;

/** Text of a callback is `plain_text`: Slack formats nothing in it. */
export function toBlockKit({ title, progress, fields, links, text, about }: Message): SlackMessage {
  const lead = progress && progressLine(progress);
  const rows = fields.flatMap(({ name, value }) => [markup(`*${asLabel(name)}*`), plainText(value, MAX.field)]);
  const summary = [title, lead, ...fields.map(({ name, value }) => `${name}: ${value}`)].filter((part) => part !== undefined);
  const smallPrint = [about.source, about.type, about.time, `request ${about.id}`].join(' · ');
  return {
    text: escapeText(summary.join(' · '), MAX.fallback),
    mrkdwn: false,
    blocks: [
      { type: 'header', text: plainText(title, MAX.header) },
      ...section(lead),
      ...inGroups(rows, FIELDS_PER_SECTION).map((group) => ({ type: 'section', fields: group })),
      ...section(text),
      ...links.flatMap(linkSection),
      { type: 'context', elements: [plainText(smallPrint, MAX.context)] },
    ],
  };
}

function section(text: string | undefined): object[] {
  return text === undefined ? [] : [{ type: 'section', text: plainText(text, MAX.section) }];
}

function linkSection({ label, url }: Message['links'][number]): object[] {
  const target = linkUrl(url);
  return target.length > MAX.url ? [] : [{ type: 'section', text: markup(`<${target}|${asLabel(label)}>`) }];
}

/** For use between `<` and `|`. */
function linkUrl(url: string): string {
  return url.replaceAll(/[<>|\s]/g, encodeURIComponent).replaceAll('&', '&amp;');
}

function asLabel(name: string): string {
  return escapeText(name.replaceAll(/[*_~`|:]/g, ' '), MAX.label);
}

function markup(text: string): Markup {
  return { type: 'mrkdwn', text, verbatim: true };
}

function plainText(text: string, max: number): PlainText {
  return { type: 'plain_text', text: escapeText(text, max), emoji: false };
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** https://docs.slack.dev/messaging/formatting-message-text#escaping */
function escapeText(text: string, max: number): string {
  let escaped = '';
  for (const character of text) {
    const next = ESCAPES[character] ?? character;
    if (escaped.length + next.length >= max) return `${escaped}…`;
    escaped += next;
  }
  return escaped;
}

function inGroups<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));
}
