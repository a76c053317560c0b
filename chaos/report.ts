import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { figuresTable, STATE_FOLDER } from '@ringback/testkit/bare';
import type { Figures } from './figures.ts';
import type { ScenarioResult } from './run-scenario.ts';

const COLUMNS = {
  sent: 'sent',
  acked: 'acked',
  refused: 'refused',
  unanswered: 'unanswered',
  callbacks: 'callbacks',
  delivered: 'delivered',
  duplicates: 'duplicates',
  deadLetters: 'dead letters',
  lostWithinBound: 'lost in bound',
  lost: 'lost',
} as const satisfies Partial<Record<keyof Figures, string>>;

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys are those written above
const columns = Object.keys(COLUMNS) as (keyof typeof COLUMNS)[];

/** For people, with problems below. */
export function writeTable(results: readonly ScenarioResult[]): string {
  const rows = [
    ['scenario', ...Object.values(COLUMNS), 'seconds', ''],
    ...results.map(({ scenario, figures, seconds, problems }) => [
      scenario,
      ...columns.map((column) => String(figures?.[column] ?? '-')),
      seconds.toFixed(1),
      problems.length === 0 ? 'ok' : 'FAILED',
    ]),
  ];
  const problems = results.flatMap((result) => result.problems.map((problem) => `${result.scenario}: ${problem}`));
  return [...figuresTable(rows), ...(problems.length > 0 ? ['', ...problems] : [])].join('\n');
}

export type Ledger = {
  readonly seed: number;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly node: string;
  readonly redis: string;
  readonly results: readonly ScenarioResult[];
};

/** For machines; returns the path. */
export async function writeLedger(ledger: Ledger): Promise<string> {
  const folder = join(STATE_FOLDER, 'chaos');
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${ledger.startedAt.replaceAll(/[:.]/g, '-')}-seed-${ledger.seed}.json`);
  await writeFile(path, `${JSON.stringify(ledger, null, 2)}\n`);
  return path;
}
