import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { Config } from '@ringback/config';
import { type Finding, mebibytes } from '@ringback/operations';
import type { Check, DoctorContext } from '../check.ts';
import { readLimits } from './cgroup.ts';

export const systemChecks: readonly Check[] = [
  { name: 'node', group: 'system', run: () => [judgeNode(process.versions.node)] },
  { name: 'open-files', group: 'system', run: checkOpenFiles },
  { name: 'memory', group: 'system', run: ({ settings }) => [judgeMemory(readLimits(), settings())] },
  { name: 'cpu', group: 'system', run: () => [judgeCpu(readLimits())] },
];

/** As scripts/launch.mjs has it. */
export function judgeNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major >= 24 || (major === 22 && minor >= 22)) return { severity: 'ok', subject: 'node', text: `version ${version}` };
  return { severity: 'error', subject: 'node', text: `version ${version} is too old`, mend: 'install Node 24' };
}

const LIMITS = '/proc/self/limits';

function checkOpenFiles({ settings }: DoctorContext): Finding[] {
  const line = /^Max open files +(\d+|unlimited)/m.exec(readFileSync(LIMITS, 'utf8'));
  if (!line) throw new Error('the system does not say its limit of open files');
  return [judgeOpenFiles(line[1] === 'unlimited' ? Infinity : Number(line[1]), settings())];
}

/** Log, settings, spool, history and what Node itself opens. */
const OTHER_FILES = 100;
const PER_SHARD = 8;

export function judgeOpenFiles(limit: number, { ingress, outputs, redis }: Config): Finding {
  const deliveries = outputs.reduce((sum, { delivery }) => sum + delivery.concurrency, 0);
  const ofWorker = deliveries + redis.shards * (PER_SHARD + 2 * outputs.length);
  const ofIngress = ingress.maxConnections + redis.shards * PER_SHARD;
  const wants = Math.max(ofWorker, ofIngress) + OTHER_FILES;
  const text = `this shell allows ${limit} open files, and the settings may need ${wants}`;
  if (limit >= wants) return { severity: 'ok', subject: 'open-files', text };
  const mend = `ulimit -n ${wants}, LimitNOFILE=${wants} for systemd, or a lower ingress.maxConnections`;
  return { severity: 'warning', subject: 'open-files', text, mend };
}

type Limits = ReturnType<typeof readLimits>;

/** Of Node and its code, in each process. */
const OWN_BYTES = 200 * 1024 * 1024;
const NEARLY_FULL = 0.9;

export function judgeMemory({ memory, memoryUsed }: Limits, { ingress }: Config): Finding {
  const subject = 'memory';
  if (memory === undefined) return { severity: 'ok', subject, text: 'no container limits it' };
  const wants = ingress.maxBytesInFlight + OWN_BYTES;
  if (memory < wants) {
    const text = `the container allows ${mebibytes(memory)}, and an ingress may need ${mebibytes(wants)}`;
    return { severity: 'warning', subject, text, mend: 'raise the limit, or lower ingress.maxBytesInFlight' };
  }
  const used = memoryUsed === undefined ? '' : `, of which ${mebibytes(memoryUsed)} are used`;
  const isFull = memoryUsed !== undefined && memoryUsed > memory * NEARLY_FULL;
  const text = `the container allows ${mebibytes(memory)}${used}`;
  return isFull ? { severity: 'warning', subject, text, mend: 'raise the limit' } : { severity: 'ok', subject, text };
}

export function judgeCpu({ cpus }: Limits): Finding {
  if (cpus === undefined)
    return { severity: 'ok', subject: 'cpu', text: `${availableParallelism()} CPUs, no container limits them` };
  const text = `the container allows ${cpus.toFixed(2)} CPUs`;
  if (cpus >= 1) return { severity: 'ok', subject: 'cpu', text };
  return {
    severity: 'note',
    subject: 'cpu',
    text: `${text}; acks are late while it is throttled`,
    mend: 'give each process one CPU',
  };
}
