import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse, stringify } from 'yaml';
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

type Rule = { readonly record?: string; readonly alert?: string; readonly expr: string };

describe('the alerts', () => {
  const text = readFileSync(join(import.meta.dirname, '../deploy/monitoring/rules.yaml'), 'utf8');
  const rules: readonly Rule[] = parse(text).groups.flatMap((group: { rules: Rule[] }) => group.rules);
  const exprOf = (name: string) => rules.find(({ record, alert }) => (record ?? alert) === name)?.expr ?? '';
  const objective = (indicator: string) => {
    const [, percent] = new RegExp(`\\| ${indicator} \\| ([\\d.]+) % \\|`).exec(PAGE) ?? [];
    return Number(percent);
  };

  it('of the page are there', () => {
    const known = new Set(rules.map(({ alert }) => alert));
    const named = [...PAGE.matchAll(/`(Ringback\w+)`/g)].map(([, name]) => name);
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });

  it.each([
    ['good requests that were acked', 'RingbackAcksRefused', 'RingbackAcksRefusedSlowly'],
    ['acks within 100 ms', 'RingbackAcksSlow', 'RingbackAcksSlowForHours'],
  ])('about %s burn the budget that its objective leaves', (indicator, fast, slow) => {
    const budget = Number((1 - objective(indicator) / 100).toFixed(4));
    expect(exprOf(fast).match(/> [\d.]+ \* [\d.]+/g)).toEqual([`> 14.4 * ${budget}`, `> 14.4 * ${budget}`]);
    expect(exprOf(slow).match(/> [\d.]+ \* [\d.]+/g)).toEqual([`> 6 * ${budget}`, `> 6 * ${budget}`]);
  });

  it.each(['5m', '30m', '1h', '6h'])('count over %s what the page counts', (window) => {
    const [, reasons] = /result="refused", (reason=~"[^"]+")/.exec(PAGE) ?? [];
    const [, bucket] = /ringback_ack_seconds_bucket\{(le="[^"]+")\}/.exec(PAGE) ?? [];
    expect(bucket).toBe('le="0.1"');
    expect(exprOf(`ringback:acks_slow:ratio_rate${window}`)).toContain(`ringback_ack_seconds_bucket{${bucket}}[${window}]`);
    const counted = exprOf(`ringback:acks_refused:ratio_rate${window}`).match(/reason=~"[^"]+"/g) ?? [];
    const sorted = (list = '') => list.split(/[^A-Z_]+/).toSorted();
    expect(counted.map(sorted)).toEqual([sorted(reasons), sorted(reasons)]);
  });
});

it('every promise of the table has a section', () => {
  const linked = [...PAGE.matchAll(/^\| \[[^\]]+\]\(#([^)]+)\) \|/gm)].map(([, anchor]) => anchor);
  const sections = [...PAGE.matchAll(/^## (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  );
  expect(linked).toEqual(sections);
  expect(sections).toHaveLength(10);
});
