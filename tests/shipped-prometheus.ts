import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@ringback/testkit';
import { onTestFinished, vi } from 'vitest';
import { parse, stringify } from 'yaml';
import { findPrometheus, promtool } from './promtool.ts';

const FOLDER = join(import.meta.dirname, '../deploy/monitoring');
const UP_WITHIN = { timeout: 60_000, interval: 100 };

type Rules = { groups: { rules: { alert?: string; for?: string; expr: string }[] }[] };
type Job = { authorization: { credentials_file: string }; dns_sd_configs?: object[]; static_configs?: object[] };
type Config = { global: Record<string, unknown>; scrape_configs: [Job] };

/** The rules as they are, but for how long they wait. */
function promptRules(): string {
  const rules: Rules = parse(readFileSync(join(FOLDER, 'rules.yaml'), 'utf8'));
  for (const rule of rules.groups.flatMap((group) => group.rules)) if (rule.for !== undefined) rule.for = '1s';
  return stringify(rules);
}

/** The shipped configuration, but for its targets, the place of the token, and how often it looks. */
function configFor({ targets, tokenFile }: { readonly targets: readonly string[]; readonly tokenFile: string }): string {
  const config: Config = parse(readFileSync(join(FOLDER, 'prometheus.yml'), 'utf8'));
  Object.assign(config.global, { scrape_interval: '1s', evaluation_interval: '1s' });
  const [job] = config.scrape_configs;
  delete job.dns_sd_configs;
  job.static_configs = [{ targets }];
  job.authorization.credentials_file = tokenFile;
  return stringify(config);
}

type Alert = { readonly state: string; readonly labels: Record<string, string>; readonly annotations: Record<string, string> };
type Scraped = { readonly adminUrls: readonly string[]; readonly tokenFile: string; readonly docs: string };

/** A real Prometheus that scrapes these admin ports every second, by the shipped configuration and rules. */
export async function startPrometheus({ adminUrls, tokenFile, docs }: Scraped) {
  const folder = mkdtempSync(join(tmpdir(), 'ringback-prometheus-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const targets = adminUrls.map((url) => new URL(url).host);
  writeFileSync(join(folder, 'prometheus.yml'), configFor({ targets, tokenFile }));
  writeFileSync(join(folder, 'rules.yaml'), promptRules());
  const address = `127.0.0.1:${await freePort()}`;
  const places = [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`];
  // Version 3 replaces variables without being asked.
  const flags = [`--web.listen-address=${address}`, '--enable-feature=expand-external-labels'];
  const server = spawn(await findPrometheus(), [...places, ...flags], { stdio: 'ignore', env: { RINGBACK_DOCS: docs } });
  onTestFinished(async () => {
    const ended = once(server, 'close');
    if (server.kill('SIGKILL')) await ended;
  });
  const questions = createQuestions(`http://${address}`);
  await vi.waitFor(async () => {
    if ((await questions.ask('up == 1')).length < targets.length) throw new Error('not all targets are up');
  }, UP_WITHIN);
  return questions;
}

/** What a test asks the Prometheus at this URL. */
function createQuestions(url: string) {
  async function read<T>(path: string): Promise<T> {
    const { data }: { readonly data: T } = JSON.parse(await (await fetch(`${url}/api/v1/${path}`)).text());
    return data;
  }
  const ask = async (expr: string) =>
    (await read<{ readonly result: readonly unknown[] }>(`query?${String(new URLSearchParams({ query: expr }))}`)).result;
  return {
    ask,
    /** Of these, the queries that return no data. */
    async emptyOf(queries: readonly string[]) {
      const results = await Promise.all(queries.map(async (query) => ({ query, data: await ask(query) })));
      return results.flatMap(({ query, data }) => (data.length === 0 ? [query] : []));
    },
    /** Where firing alerts of this name send a person. */
    async links(name: string) {
      const { alerts } = await read<{ readonly alerts: readonly Alert[] }>('alerts');
      const some = alerts.filter(({ state, labels }) => state === 'firing' && labels['alertname'] === name);
      return some.map(({ annotations }) => annotations['runbook_url']);
    },
    /** What `promtool query instant` prints. */
    async printed(expr: string) {
      const { code, said } = await promtool(['query', 'instant', url, expr]);
      if (code !== 0) throw new Error(said);
      return said;
    },
  };
}
