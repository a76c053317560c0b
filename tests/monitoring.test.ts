import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { dashboard } from '../deploy/monitoring/dashboard.ts';
import { ROWS } from '../deploy/monitoring/panels.ts';
import { prometheusRule } from '../deploy/monitoring/prometheus-rule.ts';
import { promtool } from './promtool.ts';
import { sections } from './runbook-page.ts';

const ROOT = join(import.meta.dirname, '..');
const FOLDER = join(ROOT, 'deploy/monitoring');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

type Rule = { record?: string; alert?: string; expr: string; labels?: object; annotations?: Record<string, string> };
type RuleTest = { name: string; promql_expr_test?: { expr: string; exp_samples: unknown[] }[] };

const rules: readonly Rule[] = parse(read('deploy/monitoring/rules.yaml')).groups.flatMap(
  (group: { rules: Rule[] }) => group.rules,
);
const ruleTests: readonly RuleTest[] = parse(read('deploy/monitoring/rules.test.yaml')).tests;
const alerts = rules.flatMap((rule) => (rule.alert === undefined ? [] : [{ ...rule, name: rule.alert }]));
const queries = ROWS.flatMap(({ panels }) => panels.flatMap((panel) => panel.queries.map(({ expr }) => expr)));

/** The names of the tables in docs/metrics.md, those of a histogram with their endings, and what Prometheus adds. */
const known = new Set([
  'up',
  ...rules.flatMap(({ record }) => record ?? []),
  ...[...read('docs/metrics.md').matchAll(/^\| (`[^|]+`) \| (counter|gauge|histogram) \|/gm)].flatMap(([, names = '', type]) =>
    [...names.matchAll(/`([^`]+)`/g)].flatMap(([, name]) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [`${name}`],
    ),
  ),
]);

/** Names of ours, of Node's and of Prometheus's in an expression. */
const namesIn = (expr: string) => expr.match(/\b(?:ringback|process|nodejs)[_:][\w:]+|\bup\b/g) ?? [];

const anchors = sections.map(({ anchor }) => anchor);

describe('rules', () => {
  it('are what promtool takes, and do what their tests say', async () => {
    expect(await promtool(['check', 'rules', join(FOLDER, 'rules.yaml')])).toMatchObject({ code: 0 });
    expect(await promtool(['test', 'rules', join(FOLDER, 'rules.test.yaml')])).toMatchObject({ code: 0 });
  });

  it('are the same for the Prometheus Operator', async () => {
    const path = join(ROOT, 'deploy/components/monitoring/prometheus-rule.yaml');
    await expect(prometheusRule(read('deploy/monitoring/rules.yaml'))).toMatchFileSnapshot(path);
  });

  it.each(alerts)('$name is tested: it fires, and it does not', ({ name }) => {
    const looks = ruleTests.flatMap(({ promql_expr_test: own = [] }) => own.filter(({ expr }) => expr.includes(`"${name}"`)));
    expect(looks.some(({ exp_samples: samples }) => samples.length > 0)).toBe(true);
    expect(looks.some(({ exp_samples: samples }) => samples.length === 0)).toBe(true);
  });

  it.each(alerts)('$name has a severity, what a person reads, and its section of the runbook', ({ labels, annotations }) => {
    expect(labels).toEqual({ severity: expect.stringMatching(/^(?:critical|warning)$/) });
    expect(Object.keys(annotations ?? {})).toEqual(['summary', 'description', 'runbook_url']);
    const [page, anchor] = annotations?.['runbook_url']?.replace('{{ $externalLabels.ringback_docs }}', '').split('#') ?? [];
    expect(page).toBe('docs/runbook.md');
    expect(anchors).toContain(anchor);
  });

  it('name only metrics of docs/metrics.md', () => {
    const names = [...rules.map(({ expr }) => expr), ...queries].flatMap(namesIn);
    expect(names.length).toBeGreaterThan(50);
    expect(names.filter((name) => !known.has(name))).toEqual([]);
  });
});

describe('dashboard', () => {
  it('dashboard.json is what its panels say', async () => {
    await expect(`${JSON.stringify(dashboard(), undefined, 2)}\n`).toMatchFileSnapshot(join(FOLDER, 'dashboard.json'));
  });

  it('is what Grafana imports: ids of their own, a choice of the data source, no panel over another', () => {
    const { panels, templating, schemaVersion } = JSON.parse(JSON.stringify(dashboard()));
    const ids = panels.map(({ id }: { id: number }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(schemaVersion).toBeGreaterThanOrEqual(38);
    expect(templating.list).toEqual([expect.objectContaining({ name: 'datasource', type: 'datasource', query: 'prometheus' })]);
    const taken = new Set<string>();
    for (const { gridPos: place } of panels) {
      expect(place.x + place.w).toBeLessThanOrEqual(24);
      for (let x = place.x; x < place.x + place.w; x += 1)
        for (let y = place.y; y < place.y + place.h; y += 1) {
          expect(taken).not.toContain(`${x} ${y}`);
          taken.add(`${x} ${y}`);
        }
    }
    for (const panel of panels.filter(({ type }: { type: string }) => type !== 'row')) {
      expect(panel).toMatchObject({ title: expect.stringMatching(/./), description: expect.stringMatching(/./) });
      expect(panel.fieldConfig.defaults.unit).toMatch(/./);
      expect(panel.targets.length).toBeGreaterThan(0);
      for (const { datasource } of [panel, ...panel.targets])
        expect(datasource).toEqual({ type: 'prometheus', uid: '${datasource}' });
    }
  });

  it('its queries are PromQL', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ringback-dashboard-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const record = (expr: string, index: number) => ({
      record: `query:${index}`,
      expr: expr.replaceAll('$__rate_interval', '1m'),
    });
    writeFileSync(join(folder, 'queries.yaml'), JSON.stringify({ groups: [{ name: 'queries', rules: queries.map(record) }] }));
    expect(await promtool(['check', 'rules', join(folder, 'queries.yaml')])).toMatchObject({ code: 0 });
  });
});
