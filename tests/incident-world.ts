import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInstallation, createSink, interfaceSettings, type Sink, type SinkRequest, testRedis } from '@ringback/testkit';
import { onTestFinished } from 'vitest';

const TOKEN = 'a-token-for-whoever-scrapes';

const idOf = ({ body }: SinkRequest): string => JSON.parse(String(body)).requestID;

/** A CRM that may die, people at a chat, an ingress and two workers that tell them. Admin ports ask for a token. */
export async function createIncidentWorld() {
  const { url: redisUrl, prefix } = testRedis();
  const ops = await createSink();
  onTestFinished(() => ops.close());
  const folder = mkdtempSync(join(tmpdir(), 'ringback-incident-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const tokenFile = join(folder, 'admin-token');
  writeFileSync(tokenFile, `${TOKEN}\n`);
  const breaker = 'timeout: 5s\n    breaker: { failures: 3, cooldown: 1s, maxHold: 2s }';
  const adminTokenFile = `adminTokenFile: ${tokenFile}`;
  const installation = await createInstallation({
    redisUrl,
    settings: (crmUrl) => `
${interfaceSettings({
  crmUrl,
  opsUrl: `${ops.url}/slack`,
  prefix,
  ingress: `${adminTokenFile}, spool: { path: ${folder}/spool.sqlite }`,
  worker: adminTokenFile,
})
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
  return { ...installation, url: ingress.url, adminUrls, tokenFile, crm: createCrm(installation.sink), ops };
}

/** By requestID: what it took, and what it turned away while it was dead. */
function createCrm(sink: Pick<Sink, 'answer'>) {
  const delivered = new Set<string>();
  const turnedAway = new Set<string>();
  const answer = (status: 200 | 503, ids: Set<string>) =>
    sink.answer((_count, request) => {
      ids.add(idOf(request));
      return status;
    });
  const live = () => answer(200, delivered);
  live();
  return { delivered, turnedAway, live, die: () => answer(503, turnedAway) };
}
