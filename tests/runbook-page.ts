import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const readDocs = (page: string) => readFileSync(join(import.meta.dirname, '../docs', page), 'utf8');

const RUNBOOK = readDocs('runbook.md');

/** As GitHub makes it of a heading. */
export function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\w\s-]/g, '')
    .replaceAll(' ', '-');
}

type Section = { readonly title: string; readonly anchor: string; readonly text: string; readonly codes: readonly string[] };

export const sections: readonly Section[] = RUNBOOK.split(/^## /m)
  .slice(1)
  .map((part) => {
    const [title = '', ...lines] = part.split('\n');
    const [listed = ''] = lines.filter((line) => line.startsWith('- **Codes:**'));
    return { title, anchor: anchorOf(title), text: lines.join('\n'), codes: listed.match(/RB_\w+/g) ?? [] };
  });

/** All that stands in back quotes, and each line of a block of code. */
function codeIn(page: string): string[] {
  const blocks = [...page.matchAll(/^```.*\n([^]*?)^```$/gm)].flatMap(([, block = '']) => block.split('\n'));
  const inline = [...page.replaceAll(/^```[^]*?^```$/gm, '').matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
  return [...blocks.map((line) => line.replace(/\s+#.*/, '').trim()), ...inline].filter((code) => code !== '');
}

const METRIC = /\b(?:ringback|process|nodejs)_\w+/g;
/** What the test can run. */
const COMMAND = /^(?:ringback|curl|redis-cli|kill|date) [^…]/;
/** What lines of the log, answers and settings say. */
const QUOTED = [/^HTTP \d+$/, /^\w+: [\w-]+$/, /^RB_\w+$/, /^(?:ringback|Redis) …/, /^npm run ringback -- …$/];
/** These need no argument to be a command. */
const PROGRAM = /^(?:timedatectl|systemctl|journalctl|chronyc|docker|kubectl|sqlite3|npm|npx|node|redis-cli|curl|sudo|rm)\b/;

type Kind = 'command' | 'promql' | 'quoted' | 'unknown';

/** A `message` of docs/logs.md and of the screens may have spaces and is no command. */
function kindOf(code: string, messages: readonly string[]): Kind {
  if (COMMAND.test(code)) return 'command';
  if (code.match(METRIC)) return 'promql';
  if (messages.includes(code) || QUOTED.some((form) => form.test(code))) return 'quoted';
  return /\s/.test(code) || PROGRAM.test(code) ? 'unknown' : 'quoted';
}

export const metricsIn = (code: string): readonly string[] => code.match(METRIC) ?? [];

/** Of the page, each once. */
export function codeOfKind(kind: Kind, messages: readonly string[]): string[] {
  return [...new Set(codeIn(RUNBOOK))].filter((code) => kindOf(code, messages) === kind);
}
