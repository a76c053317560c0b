import { type Config, encryptsAs } from '@ringback/config';
import { RingbackError } from '@ringback/contracts';
import { type RunningProcess, runningProcesses } from '@ringback/queue';
import { askHome } from '../reach/shards.ts';
import type { OpenPlaces } from '../reach/with-places.ts';

/** Undefined: shard 0 does not answer. */
export async function runningIn({ reached }: OpenPlaces): Promise<readonly RunningProcess[] | undefined> {
  return reached && (await askHome(reached, runningProcesses));
}

/** Those that have other keys than the settings, or another first one, or encrypt where these do not: `worker host:pid`. */
export function withOtherKeys(running: readonly RunningProcess[], settings: Config): string[] {
  if (running.length === 0) return [];
  const isSame = encryptsAs(settings);
  return running.flatMap(({ app, host, pid, parts }) => (isSame(parts) ? [] : [`${app} ${host}:${pid}`]));
}

/** @throws RingbackError RB_SETTINGS_DIFFER */
export function requireSameKeys(others: readonly string[]): void {
  if (others.length === 0) return;
  const message = `these run with other keys than the settings, and might not read what is encrypted anew: ${others.join(', ')}. Reload or restart them first (they say every 5 s what they run with)`;
  throw new RingbackError('RB_SETTINGS_DIFFER', message);
}
