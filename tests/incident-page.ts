import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const PAGE = readFileSync(join(import.meta.dirname, '../docs/incident.md'), 'utf8');

/** What the page shows that was printed, in its order. Without the commands, and without lines that stand for what was cut. */
export const shownBlocks: readonly (readonly string[])[] = [...PAGE.matchAll(/^```\n(.*?)^```$/gms)].map(([, block = '']) =>
  block.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('$ ') && line.trim() !== '…'),
);

/**
 * A line without what differs between two runs: times, numbers, ids, hosts, paths, the width of columns, and whether an open breaker
 * is just trying a delivery.
 */
function shapeOf(line: string): string {
  return line
    .replace(/(?<=^crm +)probing\b/, 'open')
    .replace('its breaker tries one delivery', 'its breaker is open')
    .replaceAll(/\bbatch [\w-]+|\bmsg_[\w-]+|\S+\.yaml\b|\b[\w.-]+:\d+\b/g, '#')
    .replaceAll(/HTTP \d+|\d{4}-\S+Z\b|\d+(?:\.\d+)?(?: ms|[smhd]\b)?/g, (found) => (found.startsWith('HTTP') ? found : '#'))
    .replaceAll(/(?<=\s)-(?=\s|$)/g, '#')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/** Of the lines that the page shows: those that were not printed, whatever their times and numbers. */
export function notPrinted(shown: readonly string[], printed: string): string[] {
  const shapes = new Set(printed.split('\n').map(shapeOf));
  return shown.filter((line) => !shapes.has(shapeOf(line)));
}
