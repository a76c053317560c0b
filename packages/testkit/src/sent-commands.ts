import { randomUUID } from 'node:crypto';
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
  const monitor = await redis.monitor();
  onTestFinished(() => {
    monitor.disconnect();
    redis.disconnect();
  });
  let seen: string[][] = [];
  const waiting = new Map<string, () => void>();
  monitor.on('monitor', (_time: string, [name = '', ...args]: string[], source: string) => {
    const command = name.toLowerCase();
    if (command === 'echo') waiting.get(args[0] ?? '')?.();
    const isLook = LOOKS.has(command) || args.some((arg) => arg.endsWith(':probe'));
    if (source !== 'lua' && !isLook) seen.push([command, ...args]);
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
