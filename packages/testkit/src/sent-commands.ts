import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { Redis } from 'ioredis';
import { onTestFinished } from 'vitest';

/** Each is a round trip. */
export type SentCommands = {
  /**
   * Since the last call: name in lower case, and arguments. Without checks of the server (INFO, CONFIG,
   * `<prefix>:probe`) and the start of connections.
   */
  take(): Promise<readonly (readonly string[])[]>;
};

const LOOKS = new Set(['info', 'config', 'hello', 'client', 'select', 'ping', 'echo']);

type WatchOptions = {
  /** With the commands within scripts. Default: without. */
  readonly ofScripts?: boolean;
};

/** Uses MONITOR, so the Redis MUST be the test's own. */
export async function watchCommands(url: string, { ofScripts = false }: WatchOptions = {}): Promise<SentCommands> {
  const redis = new Redis(url);
  let seen: string[][] = [];
  const waiting = new Map<string, () => void>();
  const socket = await monitor(url, (line) => {
    const [name = '', ...args] = [...line.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) => text);
    const command = name.toLowerCase();
    if (command === 'echo') waiting.get(args[0] ?? '')?.();
    const isLook = LOOKS.has(command) || args.some((arg) => arg.endsWith(':probe'));
    const isOfScript = /^\+\S+ \[\d+ lua\]/.test(line);
    if (!isLook && (ofScripts || !isOfScript)) seen.push([command, ...args]);
  });
  onTestFinished(() => {
    socket.destroy();
    redis.disconnect();
  });

  return {
    async take() {
      // MONITOR keeps the order: all that came before this was shown before it.
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

/** ioredis fails on a line that arrives together with the answer to MONITOR. */
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
