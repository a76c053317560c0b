import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInstallation, createSink, freePort, interfaceSettings, testRedis } from '@ringback/testkit';
import { onTestFinished, vi } from 'vitest';
import { parse, stringify } from 'yaml';
import { findPrometheus } from './promtool.ts';

const UP_WITHIN = { timeout: 60_000, interval: 100 };

type Rules = { groups: { rules: { alert?: string; for?: string; expr: string }[] }[] };

/** The rules as they are, but for how long they wait. */
function promptRules(): string {
  const rules: Rules = parse(readFileSync(join(import.meta.dirname, '../deploy/monitoring/rules.yaml'), 'utf8'));
  for (const rule of rules.groups.flatMap((group) => group.rules)) if (rule.for !== undefined) rule.for = '1s';
  return stringify(rules);
}

type Answer = { readonly data: { readonly result: readonly { readonly metric: Record<string, string> }[] } };

/** A real Prometheus that scrapes these admin ports every second, with our rules. */
export async function startPrometheus(adminUrls: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'ringback-prometheus-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const targets = adminUrls.map((url) => new URL(url).host);
  const config = {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: ['rules.yaml'],
    scrape_configs: [{ job_name: 'ringback', static_configs: [{ targets }] }],
  };
  writeFileSync(join(folder, 'prometheus.yml'), stringify(config));
  writeFileSync(join(folder, 'rules.yaml'), promptRules());
  const address = `127.0.0.1:${await freePort()}`;
  const places = [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`];
  const server = spawn(await findPrometheus(), [...places, `--web.listen-address=${address}`], { stdio: 'ignore' });
  onTestFinished(async () => {
    const ended = once(server, 'close');
    if (server.kill('SIGKILL')) await ended;
  });
  async function ask(expr: string): Promise<Answer['data']['result']> {
    const url = new URL(`http://${address}/api/v1/query`);
    url.searchParams.set('query', expr);
    const answer: Answer = JSON.parse(await (await fetch(url)).text());
    return answer.data.result;
  }
  await vi.waitFor(async () => {
    if ((await ask('up == 1')).length < targets.length) throw new Error('not all targets are up');
  }, UP_WITHIN);
  const firing = async () =>
    (await ask('ALERTS{alertstate="firing"}')).map(({ metric }) => `${metric['alertname']} ${metric['output']}`);
  return { ask, firing };
}

/** A CRM that may die, people at a chat, an ingress and two workers that tell them. */
export async function createIncidentWorld() {
  const { url: redisUrl, prefix } = testRedis();
  const ops = await createSink();
  onTestFinished(() => ops.close());
  const folder = mkdtempSync(join(tmpdir(), 'ringback-incident-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const breaker = 'timeout: 5s\n    breaker: { failures: 3, cooldown: 1s, maxHold: 2s }';
  const installation = await createInstallation({
    redisUrl,
    settings: (crmUrl) => `
${interfaceSettings({ crmUrl, opsUrl: `${ops.url}/slack`, prefix })
  .replace('timeout: 5s', breaker)
  .replace('attempts: 5', 'attempts: 1000')}
history: { store: sqlite, path: ${folder}/history.sqlite }
alerts: { to: [ops], hold: 2s, every: 1s, runbook: https://wiki.example.com/runbook.md }
`,
  });
  const [ingress, ...workers] = await Promise.all([
    installation.startIngress(),
    installation.startWorker(),
    installation.startWorker(),
  ]);
  const adminUrls = [ingress, ...workers].map(({ adminUrl }) => adminUrl);
  return { ...installation, url: ingress.url, adminUrls, crm: installation.sink, ops };
}
