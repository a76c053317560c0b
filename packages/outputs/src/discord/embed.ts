import { type Message, progressLine } from '@ringback/messages';
import { cut, escapeMarkdown, linkTo } from './markdown.ts';

export type Embed = {
  readonly title: string;
  readonly color: number;
  readonly description?: string;
  readonly fields: readonly { readonly name: string; readonly value: string; readonly inline: true }[];
  readonly footer: { readonly text: string };
  readonly timestamp?: string;
};

/** https://docs.discord.com/developers/resources/message#embed-object-embed-limits */
const MAX = { title: 256, description: 4096, fields: 25, name: 256, value: 1024, footer: 2048, total: 6000 } as const;

const COLORS = { good: 0x2ecc71, warning: 0xf1c40f, bad: 0xe74c3c, neutral: 0x95a5a6 } as const;

const ISO_TIME = /^\d{4}-\d\d-\d\dT/;

/** Discord formats all texts except the footer. */
export function toEmbed({ title, state, progress, fields, links, text, about }: Message): Embed {
  const head = cut(escapeMarkdown(title), MAX.title);
  const isTime = ISO_TIME.test(about.time);
  const smallPrint = [about.source, about.type, ...(isTime ? [] : [about.time]), `request ${about.id}`].join(' · ');
  const footer = cut(smallPrint, MAX.footer);
  const lines = [progress && progressLine(progress), text].filter((line) => line !== undefined).map(escapeMarkdown);
  const room = createRoom(MAX.total - [head, footer, ...lines].reduce((sum, part) => sum + part.length + 1, 0));
  const shownFields = fields
    .slice(0, MAX.fields)
    .map(({ name, value }) => ({
      name: cut(escapeMarkdown(name), MAX.name),
      value: cut(escapeMarkdown(value), MAX.value),
      inline: true as const,
    }))
    .filter(({ name, value }) => room.take(name.length + value.length));
  const inDescription = createRoom(MAX.description - lines.join('\n').length);
  const shownLinks = links.map(linkTo).filter((link) => inDescription.take(link.length + 1) && room.take(link.length + 1));
  const description = [...lines, ...shownLinks].join('\n');
  return {
    title: head,
    color: COLORS[state],
    ...(description !== '' && { description }),
    fields: shownFields,
    footer: { text: footer },
    ...(isTime && { timestamp: about.time }),
  };
}

function createRoom(characters: number) {
  let left = characters;
  return {
    take(length: number): boolean {
      if (length > left) return false;
      left -= length;
      return true;
    },
  };
}
