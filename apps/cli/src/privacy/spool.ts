import { dirname, resolve } from 'node:path';
import type { Config } from '@ringback/config';
import { RingbackError } from '@ringback/contracts';
import type { RunningProcess } from '@ringback/queue';
import { readSpool } from '@ringback/spool';

type Options = {
  readonly settings: Pick<Config, 'ingress'>;
  readonly settingsPath: string;
  readonly running: readonly RunningProcess[];
};

/** Calls `each` for every body in the spool of this machine. Returns what could not be read, in words. */
export function readSpoolOfMachine(options: Options, each: (body: string) => void): string[] {
  const { settings, settingsPath, running } = options;
  const { spool } = settings.ingress;
  if (spool === undefined) return [];
  const ingresses = running.filter(({ app }) => app === 'ingress');
  const told = ingresses.flatMap(({ host, pid, state }) =>
    (state?.spooled ?? 0) > 0
      ? [`the spool of ${host}:${pid} holds ${state?.spooled} callbacks: they go to Redis by themselves`]
      : [],
  );
  try {
    const { unreadable } = readSpool(resolve(dirname(settingsPath), spool.path), ({ body }) => each(body));
    return unreadable === 0 ? told : [...told, `${unreadable} batches in the spool ${spool.path} cannot be read`];
  } catch (error) {
    if (!(error instanceof RingbackError)) throw error;
    // Its ingress says how much is in it.
    return ingresses.length > 0 ? told : [`${error.code}: ${error.message}`];
  }
}
