import type { Redis } from 'ioredis';
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { ProcessState } from './process-state.ts';

/** Holds no secret. */
const RunningProcess = Type.Object({
  id: Type.String(),
  app: Type.Enum(['ingress', 'worker']),
  version: Type.String(),
  host: Type.String(),
  pid: Type.Integer(),
  /** ms since the epoch by Redis's clock. */
  startedAt: Type.Number(),
  /** When it said this, by the same clock. Absent in older versions. */
  toldAt: Type.Optional(Type.Number()),
  /** Since when it runs these settings, by the same clock. Absent in older versions: since its start. */
  settingsAt: Type.Optional(Type.Number()),
  /** The parts of its settings by name, with a digest: `output crm` → `x7Yt…`. */
  parts: Type.Record(Type.String(), Type.String()),
  /** For a worker, by output: since when its attempts fail (ms since the epoch, Redis's clock), and why. */
  failing: Type.Optional(Type.Record(Type.String(), Type.Object({ since: Type.Number(), reason: Type.String() }))),
  state: Type.Optional(ProcessState),
});
export type RunningProcess = Static<typeof RunningProcess>;

const runningProcess = Compile(RunningProcess);

/** A process that was silent for so long counts as gone. ms. */
const GONE_AFTER_MS = 20_000;

type Access = { readonly redis: Redis; readonly prefix: string };

const idsKey = (prefix: string) => `${prefix}:processes`;
const processKey = (prefix: string, id: string) => `${prefix}:process:${id}`;

/**
 * MUST be repeated within 20 s. A full Redis takes no new text: then what the process said last stays, for as long as it
 * lives.
 */
export async function noteProcess({ redis, prefix }: Access, running: RunningProcess): Promise<void> {
  const { id } = running;
  const key = processKey(prefix, id);
  try {
    await redis.set(key, JSON.stringify(running), 'PX', GONE_AFTER_MS);
  } catch (error) {
    await redis.pexpire(key, GONE_AFTER_MS).catch(() => {});
    throw error;
  }
  await redis.sadd(idsKey(prefix), id);
}

export async function forgetProcess({ redis, prefix }: Access, id: string): Promise<void> {
  await Promise.all([redis.del(processKey(prefix, id)), redis.srem(idsKey(prefix), id)]);
}

/** All processes that run, the oldest first. Forgets those that ended without a word. */
export async function runningProcesses({ redis, prefix }: Access): Promise<RunningProcess[]> {
  const ids = await redis.smembers(idsKey(prefix));
  if (ids.length === 0) return [];
  const texts = await redis.mget(ids.map((id) => processKey(prefix, id)));
  const gone = ids.filter((_, index) => texts[index] === null);
  // A read-only replica can be read, but forgets nothing.
  if (gone.length > 0) await redis.srem(idsKey(prefix), ...gone).catch(() => {});
  return texts.flatMap((text) => parse(text) ?? []).toSorted((a, b) => a.startedAt - b.startedAt);
}

/** A newer Ringback may write another form: then we cannot tell what it runs. */
function parse(text: string | null | undefined): RunningProcess | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return runningProcess.Check(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
