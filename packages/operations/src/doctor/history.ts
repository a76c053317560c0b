import { type HistoryStore, readBufferState } from '@ringback/history';
import type { Redis } from 'ioredis';
import type { Finding } from './finding.ts';
import { mebibytes } from './server.ts';

const DAY_MS = 86_400_000;
const LATE_FROM_MS = 60_000;

type Asked = { readonly now: number; readonly outputs: readonly string[] };

/** Whether the store answers, and what it lacks. Rejects if it does not. */
export async function examineHistory(history: HistoryStore, { now, outputs }: Asked): Promise<Finding[]> {
  const subject = history.kind;
  const { schemaVersion, callbacks, bytes, gaps } = await history.status();
  const found: Finding[] = [
    { severity: 'ok', subject, text: `schema ${schemaVersion}, ${callbacks} callbacks, ${mebibytes(bytes)}` },
  ];
  const recent = gaps.filter(({ to }) => to > now - DAY_MS);
  if (recent.length > 0) {
    const missing = recent.reduce((sum, gap) => sum + gap.callbacks, 0);
    const text = `${recent.length} gaps in the last day: ${missing} callbacks are missing`;
    found.push({ severity: 'warning', subject, text, mend: 'docs/errors.md, RB_HISTORY_GAP' });
  }
  const parked = (await history.rest.counts()).filter(({ kind }) => kind === 'parked');
  for (const { output, count } of parked) {
    if (output === undefined || outputs.includes(output)) continue;
    const text = `${count} deliveries rest here for ${output}, which is not in the settings`;
    const mend = `ringback outputs move ${output} <other output>, or ringback outputs purge ${output}`;
    found.push({ severity: 'warning', subject, text, mend });
  }
  return found;
}

type Waiting = { readonly redis: Redis; readonly prefix: string; readonly now: number };

/** What waits in Redis to be written. Rejects if Redis does not say. `now`: ms since the epoch. */
export async function examineBuffer({ redis, prefix, now }: Waiting): Promise<Finding> {
  const { events, bytes, oldest } = await readBufferState({ redis, prefix });
  const subject = prefix;
  const age = oldest === undefined ? 0 : now - oldest;
  if (age < LATE_FROM_MS) return { severity: 'ok', subject, text: `${events} events wait to be written` };
  return {
    severity: 'warning',
    subject,
    text: `${events} events (${mebibytes(bytes)}) wait to be written, the oldest for ${Math.round(age / 1000)} s`,
    mend: 'a worker must run, and reach the history: its log says why it does not write',
  };
}
