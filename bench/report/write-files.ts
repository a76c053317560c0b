import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { STATE_FOLDER } from '@ringback/testkit/bare';
import type { Samples } from '../measure/samples.ts';
import { drawFigures } from './draw.ts';
import type { Goal } from './goals.ts';
import { historyTables } from './history-tables.ts';
import { scalingTables } from './scaling-tables.ts';
import { goalTable, type Table, writeTables } from './tables.ts';
import { toMarkdown } from './write-text.ts';

export type Report = {
  /** ISO 8601. */
  readonly startedAt: string;
  readonly seconds: number;
  readonly machine: string;
  readonly goals: readonly Goal[];
  readonly samples: Samples;
};

const DOCS = fileURLToPath(new URL('../../docs/', import.meta.url));
const BETWEEN_MARKERS = /(?<=<!-- figures: npm run bench -- .*--write -->\n)[\s\S]*(?=<!-- end of figures -->)/;

/** For machines; returns the path. */
export async function writeJson({ samples, ...report }: Report): Promise<string> {
  const folder = join(STATE_FOLDER, 'bench');
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${report.startedAt.replaceAll(/[:.]/g, '-')}.json`);
  await writeFile(path, `${JSON.stringify({ ...report, samples: samples.all() }, null, 2)}\n`);
  return path;
}

/** Into docs/performance.md. */
export async function writeDocs(report: Report): Promise<void> {
  await writePage('performance.md', report, [goalTable(report.goals), ...writeTables(report.samples)]);
  await writeFile(join(DOCS, 'performance.svg'), drawFigures(report));
}

/** Into docs/scaling.md. */
export function writeScaling(report: Report): Promise<void> {
  return writePage('scaling.md', report, scalingTables(report.samples));
}

/** Into docs/history.md. */
export function writeHistory(report: Report): Promise<void> {
  return writePage('history.md', report, historyTables(report.samples));
}

async function writePage(name: string, { startedAt, seconds, machine }: Report, tables: readonly Table[]): Promise<void> {
  const page = join(DOCS, name);
  const figures = [`${startedAt.slice(0, 10)}, ${Math.round(seconds)} s; ${machine}.`, ...tables.map(toMarkdown)].join('\n\n');
  const text = await readFile(page, 'utf8');
  await writeFile(
    page,
    text.replace(BETWEEN_MARKERS, () => `\n${figures}\n\n`),
  );
}
