import type { Callback } from '@ringback/contracts';
import type { Draft, Link, Message } from './message.ts';

/** UTF-16 units. */
const MAX_TEXT = 300;
const MAX_URL = 2000;
/** They show a text in another order than it has. */
const BIDI_CONTROLS = /[\u202a-\u202e\u2066-\u2069]/g;
const MAX_FIELDS = 20;
const MAX_LINKS = 5;

/** Keeps a draft within the bounds of `Message`. */
export function finishMessage({ title, state, progress, rows, links = [], text }: Draft, callback: Callback): Message {
  const fields = rows.map(([name, value]) => ({ name: oneLine(name), value: oneLine(value ?? '') }));
  return {
    title: oneLine(title) || 'Callback received',
    state,
    progress: progress && { ...progress, counts: oneLine(progress.counts) },
    fields: fields.filter(({ value }) => value !== '').slice(0, MAX_FIELDS),
    links: links.flatMap(safeLink).slice(0, MAX_LINKS),
    text: text === undefined ? undefined : oneLine(text),
    about: {
      id: oneLine(callback.id),
      source: oneLine(callback.source),
      account: oneLine(callback.account),
      type: oneLine(callback.type),
      time: isoTime(callback.time),
    },
  };
}

function oneLine(text: string): string {
  const start = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
  return start
    .toWellFormed()
    .replaceAll(BIDI_CONTROLS, '')
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim();
}

function safeLink({ label, url }: Link): Link[] {
  const parsed = URL.parse(url);
  if (parsed === null || !/^https?:$/.test(parsed.protocol) || parsed.username !== '' || parsed.password !== '') return [];
  return parsed.href.length > MAX_URL ? [] : [{ label: oneLine(label), url: parsed.href }];
}

function isoTime(time: number): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? String(time) : date.toISOString();
}
