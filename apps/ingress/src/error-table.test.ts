import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { OUR_FAULT } from './error-table.ts';

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
const ours = OUR_FAULT.toSorted();

/** The codes that a query of PromQL counts together, each time it does so. */
const counted = (text: string) =>
  [...text.matchAll(/reason=~"(RB_[^"]+)"/g)].map(([, codes = '']) => codes.split('|').toSorted());

it.each(['deploy/monitoring/rules.yaml', 'docs/slo.md'])('%s counts every refusal that is our fault, and no other', (path) => {
  const lists = counted(read(path));
  expect(lists.length).toBeGreaterThan(0);
  for (const list of lists) expect(list).toEqual(ours);
});

it('the runbook says what to do about each of them', () => {
  const [section = ''] = /^## Acks refused\n.*?(?=^## )/ms.exec(read('docs/runbook.md')) ?? [];
  const named = new Set([...section.matchAll(/`(RB_\w+)`/g)].map(([, code = '']) => code));
  expect([...named].toSorted()).toEqual(ours);
});

it('docs/errors.md gives exactly these a status of 500 or 503', () => {
  const rows = [...read('docs/errors.md').matchAll(/^\| `(RB_\w+)` \| (\d+) \|/gm)];
  expect(rows.flatMap(([, code = '', status]) => (Number(status) >= 500 ? [code] : [])).toSorted()).toEqual(ours);
});
