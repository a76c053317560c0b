import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createSecret } from '@ringback/contracts';
import { createHttpClient, createOutput } from '@ringback/outputs';
import { sampleDelivery } from '@ringback/testkit';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

const SECRET = 'whsec_bm9ib2R5IGtub3dzIHRoaXMgc2VjcmV0IGJ1dCB1cyE=';
const OTHER = 'whsec_c29tZWJvZHkgZWxzZSBrbm93cyB0aGlzIG9uZSwgYWxhcw==';
const START_WITHIN_MS = 30_000;

/** Starts a receiver of the docs; what it has printed so far, and where it listens. */
async function start(program: string, file: string) {
  const path = fileURLToPath(new URL(`../docs/receivers/${file}`, import.meta.url));
  const child = spawn(program, [path], { env: { SIGNING_SECRET: SECRET, PORT: '0' }, stdio: ['ignore', 'pipe', 'ignore'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let printed = '';
  child.stdout.on('data', (chunk) => (printed += String(chunk)));
  const port = await vi.waitFor(() => {
    const [, found] = /listening on port (\d+)/.exec(printed) ?? [];
    if (found === undefined) throw new Error(`not listening yet: ${printed}`);
    return found;
  }, START_WITHIN_MS);
  return { url: `http://127.0.0.1:${port}/`, printed: () => printed };
}

async function deliver(url: string, signingSecret: string) {
  const http = createHttpClient();
  onTestFinished(() => http.close());
  const settings = { url: createSecret(url), signingSecret: createSecret(signingSecret) };
  const output = createOutput(
    { name: 'crm', type: 'webhook', settings },
    { http, now: Date.now, writeLine: async () => {}, sourceTypeOf: () => undefined },
  );
  return output.deliver(sampleDelivery(), new AbortController().signal);
}

describe.each([
  ['Node', process.execPath, 'receiver.mjs'],
  ['Python', 'python3', 'receiver.py'],
])('the receiver for %s', (_language, program, file) => {
  it.skipIf(spawnSync(program, ['--version']).status !== 0)(
    'takes what was signed with its secret, and nothing else',
    async () => {
      const { url, printed } = await start(program, file);
      expect(await deliver(url, OTHER)).toMatchObject({ outcome: 'dead', reason: 'HTTP 401' });
      expect(await deliver(url, SECRET)).toMatchObject({ outcome: 'delivered', detail: 'HTTP 204' });
      await vi.waitFor(() => expect(printed()).toContain('callbot.call'), START_WITHIN_MS);
      const unsigned = await fetch(url, { method: 'POST', body: '{}', headers: { 'webhook-signature': 'v1,é' } });
      expect(unsigned.status).toBe(401);
    },
    2 * START_WITHIN_MS,
  );
});
