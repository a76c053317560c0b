import type { OutputStatus } from '@ringback/operations';
import { pausedOnlyAt } from '../dispatch/paused-words.ts';
import { age } from '../terminal/age.ts';
import { iso } from '../terminal/iso.ts';

/** What a person must know of it beyond the table, a line each. `now`: ms since the epoch. */
export function stateNotes(status: OutputStatus, { now, shards }: { now: number; shards: number }): string[] {
  const { name, known, pausedShards, servedBy = [] } = status;
  const elsewhere = `${name}: this settings file does not name it; workers that serve it: ${servedBy.join(', ')}`;
  return [
    ...(pausedShards ? [pausedLine(name, pausedOnlyAt(pausedShards, shards))] : []),
    ...breakerLine(status, now),
    ...failingLine(status, now),
    ...(!known && servedBy.length > 0 ? [elsewhere] : []),
  ];
}

function pausedLine(name: string, paused: string): string {
  return `${name} is ${paused}: ringback outputs pause ${name}, or resume, for all`;
}

const BREAKER = { open: 'its breaker is open', probing: 'its breaker tries one delivery' } as const;

function breakerLine({ name, breaker, servedBy = [] }: OutputStatus, now: number): string[] {
  if (breaker === undefined || breaker.state === 'closed') return [];
  const since = breaker.since === undefined ? '' : `, since ${sinceWords(breaker.since, now)}`;
  return [`${name}: ${BREAKER[breaker.state]}${since}, at ${workers(breaker.workers, servedBy.length)}`];
}

function failingLine({ name, failing, servedBy = [] }: OutputStatus, now: number): string[] {
  if (failing === undefined) return [];
  const { since, reasons } = failing;
  const where = workers(failing.workers, servedBy.length);
  return [`${name} is failing since ${sinceWords(since, now)}, at ${where}: ${reasons.join('; ')}`];
}

const sinceWords = (since: number, now: number) => `${iso(since)} (${age(now - since)})`;
const workers = (some: number, all: number) => `${some} of ${all} worker${all === 1 ? '' : 's'}`;
