import type { Durability } from '@ringback/contracts';
import type { RedisInspection, RedisTiming } from '@ringback/redis';
import type { Finding } from './finding.ts';

/** What was learnt of a Redis server, and where it is (`host:port`). */
type Server = { readonly place: string; readonly facts: RedisInspection };

export function judgeVersion({ place: subject, facts: { version, tooOld } }: Server): Finding {
  if (tooOld !== undefined) return { severity: 'error', subject, text: tooOld, mend: 'upgrade Redis' };
  if (version === undefined)
    return { severity: 'warning', subject, text: 'does not say its version', mend: 'allow INFO to the Redis user' };
  return { severity: 'ok', subject, text: `version ${version}` };
}

export function judgePolicy({ place: subject, facts: { policy } }: Server): Finding {
  if (policy === undefined)
    return { severity: 'warning', subject, text: 'does not say its maxmemory-policy', mend: 'allow INFO to the Redis user' };
  if (policy === 'noeviction') return { severity: 'ok', subject, text: 'maxmemory-policy noeviction' };
  return {
    severity: 'error',
    subject,
    text: `maxmemory-policy is ${policy}, which throws acked callbacks away: the ingress acks nothing`,
    mend: 'CONFIG SET maxmemory-policy noeviction, and the same in redis.conf',
  };
}

export function judgePersistence({ place: subject, facts }: Server, asked: Durability): Finding {
  const { lack, diskFails, appendonly, worth, delayedFsyncs } = facts;
  if (lack !== undefined)
    return { severity: 'error', subject, text: `redis.durability is ${asked}, but ${lack.what}`, mend: lack.mend };
  if (diskFails)
    return {
      severity: 'error',
      subject,
      text: 'the last write of Redis to its disk failed',
      mend: 'make room on that disk; the log of Redis says more',
    };
  if (appendonly === false)
    return {
      severity: 'note',
      subject,
      text: `an ack is worth: ${worth}`,
      mend: 'to keep more: CONFIG SET appendonly yes, and redis.durability: everysec',
    };
  const waits = delayedFsyncs === 0 ? '' : `. Redis had to wait for its disk ${delayedFsyncs} times since its start`;
  return { severity: delayedFsyncs === 0 ? 'ok' : 'note', subject, text: `an ack is worth: ${worth}${waits}` };
}

type Watermarks = { readonly high: number };

export function judgeMemory({ place: subject, facts: { maxmemory, fill } }: Server, { high }: Watermarks): Finding {
  if (maxmemory === 0)
    return {
      severity: 'warning',
      subject,
      text: 'has no maxmemory: redis.overload.memory does nothing, and a full machine ends Redis',
      mend: 'CONFIG SET maxmemory <bytes>, about two thirds of what the machine has',
    };
  const text = `uses ${percent(fill)} of its maxmemory (${mebibytes(maxmemory)})`;
  if (fill < high * 0.75) return { severity: 'ok', subject, text };
  const mend = 'deliver or remove what waits (ringback outputs), or CONFIG SET maxmemory <bytes>';
  return {
    severity: fill < high ? 'warning' : 'error',
    subject,
    text: `${text}; callbacks are refused from ${percent(high)}`,
    mend,
  };
}

const SLOW_MEDIAN_MS = 20;

/** `enqueueTimeout`: ms that a callback may wait for Redis. */
export function judgeLatency(place: string, { medianMs, worstMs }: RedisTiming, enqueueTimeout: number): Finding {
  const text = `a round trip takes ${ms(medianMs)} (the worst of 15: ${ms(worstMs)})`;
  if (medianMs <= SLOW_MEDIAN_MS && worstMs <= enqueueTimeout / 4) return { severity: 'ok', subject: place, text };
  return {
    severity: worstMs > enqueueTimeout ? 'error' : 'warning',
    subject: place,
    text: `${text}; a callback is refused after ${ms(enqueueTimeout)} (ingress.enqueueTimeout)`,
    mend: 'bring Redis closer; on it, look at SLOWLOG GET and LATENCY DOCTOR, and at its disk if appendfsync is always',
  };
}

const SKEW_TOLD_FROM_MS = 1000;
const SKEW_WRONG_FROM_MS = 60_000;

export function judgeClock(subject: string, { aheadMs, exactToMs }: Pick<RedisTiming, 'aheadMs' | 'exactToMs'>): Finding {
  const off = Math.max(0, Math.abs(aheadMs) - exactToMs);
  if (off < SKEW_TOLD_FROM_MS)
    return { severity: 'ok', subject, text: `its clock agrees with ours (to ${ms(Math.max(1, Math.abs(aheadMs)))})` };
  return {
    severity: off < SKEW_WRONG_FROM_MS ? 'warning' : 'error',
    subject,
    text: `our clock is ${ms(Math.abs(aheadMs))} ${aheadMs > 0 ? 'ahead of' : 'behind'} its clock`,
    mend: 'set both machines by NTP (timedatectl, chronyc tracking)',
  };
}

const percent = (share: number) => `${Math.round(share * 100)} %`;
const ms = (amount: number) => (amount < 10 ? `${amount.toFixed(1)} ms` : `${Math.round(amount)} ms`);

export const mebibytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
