import type { ProcessState } from '@ringback/queue';
import type { Redis } from 'ioredis';

type Told = {
  readonly id: string;
  readonly toldAt?: number;
  readonly app: 'ingress' | 'worker';
  readonly state?: ProcessState;
  readonly failing?: object;
};

/** As a process says it of itself. */
export async function tell(redis: Redis, prefix: string, told: Told) {
  const parts = told.app === 'worker' ? { 'output crm': '1', 'output log': '1' } : {};
  const running = { version: '1', host: told.id, pid: 7, startedAt: Date.now() - 3_600_000, parts, ...told };
  await redis.multi().set(`${prefix}:process:${told.id}`, JSON.stringify(running)).sadd(`${prefix}:processes`, told.id).exec();
}

/** Numbers that can only be ms since the epoch. */
export function timesIn(value: unknown): unknown[] {
  if (typeof value === 'number') return value > 1e12 && value < 1e13 ? [value] : [];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(timesIn) : [];
}
