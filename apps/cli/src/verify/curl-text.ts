import { type Capture, splitTarget, toHeaders, unreadable } from './capture.ts';
import { readHeaderLines } from './header-file.ts';
import { shellWords } from './shell-words.ts';

const DATA = ['-d', '--data', '--data-raw', '--data-binary', '--data-ascii'];

/** What `curl -v` prints (lines with `> `), a curl command, or both. @throws RingbackError RB_CAPTURE_INVALID */
export function readCurl(bytes: Buffer): Capture {
  const lines = bytes.toString('latin1').split(/\r\n|\n|\r/);
  const sent = lastRequest(lines);
  const command = commandIn(bytes.toString());
  const found = sent ?? command;
  if (!found) throw unreadable('the file has neither lines with "> ", as curl -v prints them, nor a curl command');
  const at = responseDate(lines);
  return { ...found, body: command?.body, ...(at !== undefined && { at }) };
}

/** Of several, as with a redirect, the last. */
function lastRequest(lines: readonly string[]): Omit<Capture, 'body'> | undefined {
  const sent = lines.map((line) => /^>(?: (.*))?$/.exec(line)).map((found) => found && (found[1] ?? ''));
  const begin = sent.findLastIndex((line) => line !== null && /^[A-Z]+ \S+ HTTP\//.test(line));
  if (begin < 0) return undefined;
  return readHeaderLines(sent.slice(begin).filter((line) => line !== null));
}

function responseDate(lines: readonly string[]): number | undefined {
  const [date] = lines.flatMap((line) => /^< date: (.*)$/i.exec(line)?.[1] ?? []);
  const time = Date.parse(date ?? '');
  return Number.isNaN(time) ? undefined : time;
}

function commandIn(text: string): Capture | undefined {
  const [, from] = /(?:^|\n)[$#]?[ \t]*(curl[ \t][\s\S]*)$/.exec(text) ?? [];
  if (from === undefined) return undefined;
  return readCommand(shellWords(endOfCommand(from)));
}

/** The output of curl may follow the command. */
function endOfCommand(text: string): string {
  const [output] = /\r?\n[*<>{}] ?[^\n]*/.exec(text) ?? [];
  return output === undefined ? text : text.slice(0, text.indexOf(output));
}

function readCommand(words: readonly string[]): Capture {
  const pairs: [string, string][] = [];
  const data: string[] = [];
  let target = '';
  let method: string | undefined;
  for (let at = 1; at < words.length; at += 1) {
    const [name, inline] = splitOption(words[at] ?? '');
    const value = () => inline ?? words[(at += 1)] ?? '';
    if (name === '-H' || name === '--header') pairs.push(headerOf(value()));
    else if (DATA.includes(name)) data.push(dataOf(name, value()));
    else if (name === '-X' || name === '--request') method = value();
    else if (name === '--url' || (/^https?:\/\//.test(name) && target === '')) target = name === '--url' ? value() : name;
  }
  const body = data.length === 0 ? undefined : Buffer.from(data.join('&'));
  const named = target === '' ? { path: '', query: '' } : splitTarget(target);
  return { method: method ?? (body ? 'POST' : 'GET'), ...named, headers: toHeaders(pairs), body };
}

function splitOption(word: string): [string, string | undefined] {
  const [, long, value] = /^(--[a-z-]+)=([\s\S]*)$/.exec(word) ?? [];
  if (long !== undefined) return [long, value];
  const [, short, glued] = /^(-[HdX])([\s\S]+)$/.exec(word) ?? [];
  return short === undefined ? [word, undefined] : [short, glued];
}

function headerOf(text: string): [string, string] {
  const at = text.indexOf(':');
  const [name, value] = at < 0 ? [text.replace(/;$/, ''), ''] : [text.slice(0, at), text.slice(at + 1)];
  return [name, Buffer.from(value).toString('latin1')];
}

function dataOf(name: string, value: string): string {
  if (!value.startsWith('@') || name === '--data-raw') return value;
  throw unreadable('the body of the curl command is in a file of its own: name that with --body');
}
