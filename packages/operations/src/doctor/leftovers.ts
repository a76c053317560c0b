import { knownOutputs, leftPrefixes, readBacklog, readOutputQueues } from '@ringback/queue';
import type { Redis } from 'ioredis';
import type { Finding } from './finding.ts';

type Place = { readonly redis: Redis; readonly prefix: string };

/** What outputs that are not in the settings have left. Only reads. */
export async function findRemovedOutputs({ redis, prefix }: Place, outputs: readonly string[]): Promise<Finding[]> {
  const removed = (await knownOutputs({ redis, prefix })).filter((name) => !outputs.includes(name));
  const backlog = await readBacklog({ redis, prefix });
  const found: Finding[] = [];
  for (const [index, { waiting, delayed, active, dead }] of (await readOutputQueues({ redis, prefix }, removed)).entries()) {
    const name = removed[index] ?? '';
    const waits = waiting + delayed + active + (backlog.get(name)?.held ?? 0);
    if (waits + dead === 0) continue;
    found.push({
      severity: 'warning',
      subject: name,
      text: `is not in the settings, and has ${waits} jobs that wait and ${dead} dead letters`,
      mend: `ringback outputs move ${name} <other output>, or ringback outputs purge ${name}`,
    });
  }
  return found.length > 0 ? found : [{ severity: 'ok', subject: prefix, text: 'no removed output has anything left' }];
}

/** What waits under another redis.prefix that no worker serves. */
export async function findOtherPrefixes({ redis, prefix }: Place): Promise<Finding[]> {
  const left = await leftPrefixes(redis, prefix);
  if (left.length === 0) return [{ severity: 'ok', subject: prefix, text: 'nothing waits under another prefix' }];
  return left.map(({ prefix: other, callbacks, deliveries, deadLetters, quarantined }) => ({
    severity: 'warning',
    subject: other,
    text: `no worker serves this prefix, and under it are ${callbacks} batches, ${deliveries} deliveries, ${deadLetters} dead letters, ${quarantined} in quarantine`,
    mend: `run a worker with redis.prefix: ${other} until all is delivered (docs/errors.md, RB_PREFIX_LEFT)`,
  }));
}
