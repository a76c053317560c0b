import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { Redis } from 'ioredis';
import { onTestFinished } from 'vitest';

/** The commands that clients have sent to a Redis, each a round trip. */
export type SentCommands = {
  /** Those since the last call, oldest first: name in lower case, and arguments. Not those that a script runs, nor the looks at the server (INFO, CONFIG, the write to `<prefix>:probe`) and what a new connection says. */
  take(): Promise<readonly (readonly string[])[]>;
};

const LOOKS = new Set(['info', 'config', 'hello', 'client', 'select', 'ping', 'echo']);

/** Watches (MONITOR) a Redis that the test has for itself, until its end. */
export async function watchCommands(url: string): Promise<SentCommands> {
  const redis = new Redis(url);
  let seen: string[][] = [];
  const waiting = new Map<string, () => void>();
  const socket = await monitor(url, (line) => {
    const [name = '', ...args] = [...line.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) => text);
    const command = name.toLowerCase();
    if (command === 'echo') waiting.get(args[0] ?? '')?.();
    const isLook = LOOKS.has(command) || args.some((arg) => arg.endsWith(':probe'));
    if (!/^\+\S+ \[\d+ lua\]/.test(line) && !isLook) seen.push([command, ...args]);
  });
  onTestFinished(() => {
    socket.destroy();
    redis.disconnect();
  });

  return {
    async take() {
      // What the monitor shows comes in order: once it has shown this, it has shown all that was before.
      const mark = randomUUID();
      const shown = new Promise<void>((resolve) => waiting.set(mark, resolve));
      await Promise.all([redis.echo(mark), shown]);
      waiting.delete(mark);
      const taken = seen;
      seen = [];
      return taken;
    },
  };
}

/** Calls `shown` with every line that MONITOR shows, as it is. ioredis takes a line that comes together with the answer to MONITOR for an answer, and fails. */
async function monitor(url: string, shown: (line: string) => void): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const lines = createInterface({ input: socket });
  socket.write('MONITOR\r\n');
  const [answer] = await once(lines, 'line', { signal: AbortSignal.timeout(10_000) });
  if (answer !== '+OK') throw new Error(`MONITOR was answered by ${answer}`);
  lines.on('line', shown);
  return socket;
}
