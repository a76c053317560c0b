import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { locateProgram } from '@ringback/server-programs';
import {
  createInstallation,
  interfaceSettings,
  postCallback,
  SAMPLE_ACCOUNT,
  SIGNING_SECRET,
  startRedisServer,
  taskBody,
} from '@ringback/testkit';
import { Redis } from 'ioredis';
import { expect, onTestFinished, vi } from 'vitest';
import { type Ran, runCommand } from '../apps/cli/src/test-commands.ts';

export const SOON = { timeout: 60_000, interval: 100 };
const BODY_KEY = randomBytes(32).toString('base64');
const UNFIT = taskBody({ taskID: 7 });

function outputYaml(name: string, url: string, more = ''): string {
  return `  - { name: ${name}, type: webhook, url: '${url}/${name}', signingSecret: ${SIGNING_SECRET}, timeout: 5s, ${more} }`;
}

const FAILING = 'breaker: { failures: 2, cooldown: 60s }, retry: { attempts: 1000, minDelay: 1s }';

type Files = { readonly crmUrl: string; readonly folder: string };

/** The settings; with `isNew` those that mend the routes and no longer have the output `old`. */
function settingsOf({ crmUrl, folder }: Files, isNew = false): string {
  const [head = ''] = interfaceSettings({ crmUrl, prefix: 'runbook', ingress: `spool: { path: ${folder}/spool.sqlite }` }).split(
    '\noutputs:',
  );
  return `${head}
outputs:
${outputYaml('crm', crmUrl, `${FAILING}, backlog: { maxCount: 1, over: drop }`)}
${outputYaml('audit', crmUrl)}
${isNew ? '' : outputYaml('old', crmUrl, FAILING)}
routes: [{ match: callbot.task.${isNew ? '*' : 'completed'}, to: [crm, audit${isNew ? '' : ', old'}] }]
history: { store: sqlite, path: ${folder}/history.sqlite }
privacy: { encrypt: { keys: [{ key: '${BODY_KEY}' }] } }
`;
}

/** An installation in trouble: what fails, waits, was dropped, given up, refused or matched no route. And the files of the page. */
export async function createRunbookWorld() {
  const folder = mkdtempSync(join(tmpdir(), 'ringback-runbook-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const redis = await startRedisServer({ settings: ['--maxmemory', '512mb'], rewrites: true });
  const { sink, env, startIngress, startWorker } = await createInstallation({
    redisUrl: redis.url,
    settings: (crmUrl) => settingsOf({ crmUrl, folder }),
  });
  sink.answer((_count, { path, body }) => {
    if (path === '/audit') return 200;
    return path === '/crm' && String(body).includes('"dead-') ? 410 : 503;
  });
  const files = { crmUrl: sink.url, folder };
  writeFileSync(join(folder, 'new.yaml'), settingsOf(files, true));
  writeFileSync(join(folder, 'old.yaml'), settingsOf(files).replace('prefix: runbook', 'prefix: earlier'));
  writeFileSync(join(folder, 'body.json'), taskBody());
  writeFileSync(join(folder, 'headers.txt'), strangeHeaders());
  const [earlier, worker] = await Promise.all([startIngress(), startWorker()]);
  expect((await postCallback({ ingress: earlier.url, requestID: 'odd', body: UNFIT })).status).toBe(400);
  // An ingress that stops tells the history at once what it refused; otherwise it does so each minute.
  await earlier.process.stop();
  const ingress = await startIngress();
  await makeTrouble({ url: ingress.url, worker: worker.process });
  const client = new Redis(redis.url);
  onTestFinished(() => client.disconnect());
  const run = createRunner({ client, env, folder, ingress, worker });
  const takeNewSettings = () => copyFileSync(join(folder, 'new.yaml'), env['RINGBACK_CONFIG'] ?? '');
  expect(await run('ringback dispatch pause')).toMatchObject({ code: 0 });
  return { run, takeNewSettings, sink, processes: [ingress, worker] };
}

/** With a sign that fits no secret. */
function strangeHeaders(): string {
  const createTs = Math.floor(Date.now() / 1000);
  return `requestID: r-1\nuuid: ${SAMPLE_ACCOUNT.uuid}\ncreateTs: ${createTs}\nsign: ${'A'.repeat(32)}\n`;
}

type Started = Awaited<ReturnType<Awaited<ReturnType<typeof createInstallation>>['startWorker']>>;

async function makeTrouble({ url, worker }: { url: string; worker: Started['process'] }): Promise<void> {
  const post = (requestID: string, body = taskBody()) => postCallback({ ingress: url, requestID, body });
  const seen = (msg: string, least: number, fields: object = {}) =>
    vi.waitFor(() => {
      const lines = worker.lines.filter((line) => line['msg'] === msg);
      expect(
        lines.filter((line) => Object.entries(fields).every(([key, value]) => line[key] === value)).length,
      ).toBeGreaterThanOrEqual(least);
    }, SOON);
  await Promise.all([post('dead-1'), post('dead-2'), post('unrouted-1', taskBody({ taskStatus: 1 }))]);
  await seen('dead letter', 2);
  await Promise.all([post('wait-1'), post('wait-2')]);
  for (const output of ['crm', 'old']) await seen('output paused after failures', 1, { output });
  for (const requestID of ['same', 'more-1', 'more-2']) await post(requestID);
  await post('same', taskBody({ taskStatus: 3, userTaskID: 'another' }));
  await seen('same requestID, other body', 1);
  await seen('deliveries dropped', 1);
  await seen('no route matched', 1);
}

type Runner = {
  readonly client: Redis;
  readonly env: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly ingress: Started & { readonly url: string };
  readonly worker: Started;
};

/** Runs a command of the page as it stands there, with this world's ports, files and ids. */
function createRunner({ client, env, folder, ingress, worker }: Runner) {
  const places: readonly [string, string][] = [
    ['http://127.0.0.1:9080', ingress.adminUrl],
    ['http://127.0.0.1:9090', worker.adminUrl],
    ['http://127.0.0.1:8080', ingress.url],
    ...['new.yaml', 'old.yaml', 'headers.txt', 'body.json'].map((file): [string, string] => [file, join(folder, file)]),
  ];
  return async (command: string, placeholders: Readonly<Record<string, string>> = {}): Promise<Ran> => {
    const ids = Object.entries(placeholders).map(([name, value]): [string, string] => [`<${name}>`, value]);
    const text = [...places, ...ids].reduce((sum, [from, to]) => sum.replaceAll(from, to), command);
    const [program = '', ...args] = text.split(' ');
    if (program === 'ringback') return runCommand(args, env);
    if (program === 'redis-cli') return sayToRedis(client, args);
    if (program === 'curl' && (await locateProgram('curl')) === undefined) return askOverHttp(args.at(-1) ?? '');
    return runInShell(text);
  };
}

/** redis-cli is not on every machine: its words are those of the command. */
async function sayToRedis(client: Redis, [command = '', ...args]: readonly string[]): Promise<Ran> {
  try {
    return { code: 0, out: String(await client.call(command, ...args)), err: '' };
  } catch (error) {
    return { code: 1, out: '', err: String(error) };
  }
}

/** Where there is no curl. */
async function askOverHttp(url: string): Promise<Ran> {
  const response = await fetch(url);
  return { code: 0, out: `HTTP/1.1 ${response.status}\n\n${await response.text()}`, err: '' };
}

function runInShell(text: string): Promise<Ran> {
  return new Promise((resolve) => {
    execFile('/bin/sh', ['-c', text], { timeout: 60_000 }, (error, out, err) => {
      resolve({ code: error ? Number(error.code ?? 1) : 0, out, err });
    });
  });
}
