import { dirname, resolve } from 'node:path';
import type { Config } from '@ringback/config';
import { RingbackError } from '@ringback/contracts';
import type { Looked, Person } from '@ringback/operations';
import { forgetInSpool } from '@ringback/spool';

type Options = {
  readonly settings: Pick<Config, 'ingress'>;
  readonly settingsPath: string;
  readonly person: Person;
  readonly dryRun: boolean;
};

const OTHERS =
  'the spools of ingresses on other machines: what they hold goes to Redis by itself. Run it again once /livez of each says spooling 0, or there on each whose ingress is stopped';

/** The spool of this machine, if its ingress is stopped. */
export async function lookInSpool({ settings, settingsPath, person, dryRun }: Options): Promise<Looked> {
  const { spool } = settings.ingress;
  if (spool === undefined) return { removed: 0, notReached: [] };
  try {
    const found = forgetInSpool({ path: resolve(dirname(settingsPath), spool.path), ...person, dryRun });
    const unreadable = found?.unreadable ?? 0;
    const damaged = `${unreadable} batches in the spool ${spool.path}: they cannot be read, and may be the person's`;
    return { removed: found?.removed ?? 0, notReached: [OTHERS, ...(unreadable > 0 ? [damaged] : [])] };
  } catch (error) {
    if (!(error instanceof RingbackError)) throw error;
    return { removed: 0, notReached: [`${error.code}: ${error.message}`, OTHERS] };
  }
}
