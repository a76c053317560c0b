import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { ConditionKind } from './condition.ts';
import { CONDITIONS } from './conditions.ts';

const read = (path: string) => readFileSync(new URL(`../../../../${path}`, import.meta.url), 'utf8');

/** Each alert of Prometheus, and the section of the runbook that it links. */
const rules = [...read('deploy/monitoring/rules.yaml').matchAll(/- alert: (\w+)\n.*?runbook\.md#([\w-]+)/gs)].map(
  ([, alert = '', section = '']) => ({ alert, section }),
);

/** Without Redis no look finds it. A worker tells it past this table, `status` as what is missing. */
const PROMETHEUS_ALONE = ['RingbackRedisAway'];

it('each alert of Prometheus is that of the condition whose section it links, and each condition has one', () => {
  const own = rules.filter(({ alert }) => !PROMETHEUS_ALONE.includes(alert));
  const sections = Map.groupBy(own, ({ section }) => section);
  const linked = [...sections].map(([section, all]) => [section, all.map(({ alert }) => alert).toSorted()]);
  const known = Object.entries<ConditionKind>(CONDITIONS).flatMap(([name, { alerts }]) =>
    'none' in alerts ? [] : [[name, alerts.toSorted()]],
  );
  expect(Object.fromEntries(linked)).toEqual(Object.fromEntries(known));
  expect(own.length).toBeLessThan(rules.length);
});

it('docs/alerts.md has a row for each, with its severity and its alerts of Prometheus', () => {
  const rows = [...read('docs/alerts.md').matchAll(/^\| `([\w-]+)` \| (\w+) \| .+ \| (.+) \|$/gm)];
  expect(rows.map(([, name, severity, alerts]) => [name, severity, alerts])).toEqual(
    Object.entries<ConditionKind>(CONDITIONS).map(([name, { severity, alerts }]) => [
      name,
      severity,
      'none' in alerts ? `none: ${alerts.none}` : alerts.map((one) => `\`${one}\``).join(', '),
    ]),
  );
});

it('the runbook has a section for each', () => {
  const headings = [...read('docs/runbook.md').matchAll(/^## (.+)$/gm)].map(([, title = '']) =>
    title.toLowerCase().replaceAll(' ', '-'),
  );
  for (const name of Object.keys(CONDITIONS)) expect(headings).toContain(name);
});
