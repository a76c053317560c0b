import { createServer } from 'node:net';
import { randomInt } from 'node:crypto';

/** Below the range of outgoing connections: a restarted server finds its port free. */
const LOWEST = 20_000;
const HIGHEST = 32_000;

/** On 127.0.0.1. */
export function isFreePort(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

/** On 127.0.0.1, `preferred` if possible. Another process may take it first: expect EADDRINUSE. */
export async function freePort(preferred?: number): Promise<number> {
  if (preferred !== undefined && (await isFreePort(preferred))) return preferred;
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = randomInt(LOWEST, HIGHEST);
    if (await isFreePort(port)) return port;
  }
  throw new Error(`no free port between ${LOWEST} and ${HIGHEST} on 127.0.0.1`);
}
