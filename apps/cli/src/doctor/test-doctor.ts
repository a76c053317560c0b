import { chmod } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import type { Check, NamedFinding } from './check.ts';
import { createContext, type ContextOptions } from './context.ts';
import { runChecks } from './run-checks.ts';
import { testFile } from '../run-cli.ts';
import { runCommand } from '../test-commands.ts';

/** For tests. */
export const SECRET = 's3cret-value-of-16-bytes';

type Settings = { readonly redis?: string; readonly outputs?: string; readonly more?: string };

/** A file that only we may read, with ports that are free. */
export async function settingsWith({ redis = '{}', outputs = '[{ name: log, type: stdout }]', more = '' }: Settings = {}) {
  const file = await testFile(
    'ringback.yaml',
    `
redis: ${redis}
ingress: { port: 0, adminPort: 0 }
worker: { adminPort: 0 }
sources: [{ name: callbot, type: callbot, accounts: [{ uuid: u, secrets: [${SECRET}] }] }]
outputs: ${outputs}
routes: [{ to: [${[...outputs.matchAll(/name: (\w+)/g)].map(([, name]) => name).join(', ')}] }]
${more}
`,
  );
  await chmod(file, 0o600);
  return file;
}

type Report = { readonly findings: readonly NamedFinding[]; readonly errors: number; readonly warnings: number };

export async function doctor(file: string, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
  const { code, out } = await runCommand(['doctor', '--config', file, '--json', ...args], env);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the command prints
  const report = JSON.parse(out) as Report;
  return { code, out, ...report, of: (check: string) => report.findings.filter((one) => one.check === check) };
}

/** The checks alone, with a clock of the test. */
export async function run(checks: readonly Check[], options: Pick<ContextOptions, 'config'> & Partial<ContextOptions>) {
  const context = createContext({ env: {}, http: false, timeout: 10_000, now: Date.now, ...options });
  onTestFinished(() => context.close());
  return runChecks(checks, context);
}

/** On loopback, until the test is over. */
export async function listening(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket.on('error', () => {})));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}

/** Nothing listens there. */
export async function closedPort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return address !== null && typeof address === 'object' ? address.port : 0;
}
