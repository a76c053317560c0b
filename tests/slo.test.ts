import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { promtool } from './promtool.ts';

const read = (page: string) => readFileSync(join(import.meta.dirname, '../docs', page), 'utf8');
const PAGE = read('slo.md');
const queries = [...PAGE.matchAll(/^```promql\n(.*?)^```$/gms)].map(([, query = '']) => query);
const namesIn = (text: string) => [...text.matchAll(/\b(?:ringback|process|nodejs)_\w+/g)].map(([name]) => name);

it('every query is one that Prometheus understands', { timeout: 330_000 }, async () => {
  expect(queries.length).toBeGreaterThanOrEqual(15);
  const rules = queries.map((expr, index) => ({ record: `slo:${index}`, expr }));
  const folder = mkdtempSync(join(tmpdir(), 'ringback-slo-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'rules.yaml');
  writeFileSync(path, stringify({ groups: [{ name: 'slo', rules }] }));
  const { code, said } = await promtool(['check', 'rules', path]);
  expect({ code, said }).toEqual({ code: 0, said: expect.stringContaining(`${queries.length} rules found`) });
});

it('every metric of the page is documented', () => {
  const known = new Set(namesIn(read('metrics.md')));
  const unknown = namesIn(PAGE).filter((name) => !known.has(name) && !known.has(name.replace(/_(bucket|count|sum)$/, '')));
  expect(unknown).toEqual([]);
});

it('the share of acked requests counts every refusal that is our own fault, and no other', () => {
  const rows = [...read('errors.md').matchAll(/^\| `(RB_\w+)` \| (\d+) \|/gm)];
  const ours = rows.flatMap(([, code, status]) => (Number(status) >= 500 ? [code] : []));
  const [, counted = ''] = /result="refused", reason=~"([^"]+)"/.exec(PAGE) ?? [];
  expect(new Set(counted.split('|'))).toEqual(new Set(ours));
});

it('every promise of the table has a section', () => {
  const linked = [...PAGE.matchAll(/\]\(#([^)]+)\) \|/g)].map(([, anchor]) => anchor);
  const sections = [...PAGE.matchAll(/^## (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  );
  expect(linked).toEqual(sections);
  expect(sections).toHaveLength(10);
});
