import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@ringback/contracts';
import { within } from '@ringback/pacing';
import { connectUnheard, isReady, redisTime, type Shard } from '@ringback/redis';
import type { Redis } from 'ioredis';
import { findOlderPrefixes, leftPrefixes, notePrefix } from './other-prefixes.ts';
import type { ProcessState } from './process-state.ts';
import { forgetProcess, noteProcess, type RunningProcess, runningProcesses } from './registry.ts';
import { settingsDifference } from './settings-difference.ts';

const BEAT_EVERY_MS = 5000;
const LOOK_FOR_PREFIXES_EVERY_MS = 60_000;
const COMMAND_TIMEOUT_MS = 2000;
/** The key expires by itself. */
const GOODBYE_MS = 500;
const SHOWN_PREFIXES = 10;

export type AnnounceOptions = Pick<RunningProcess, 'app' | 'version'> &
  Shard & {
    /** Current value; settings may reload. */
    readonly settings: { readonly parts: () => RunningProcess['parts'] };
    readonly logger: Logger;
    readonly failing?: () => Readonly<Record<string, { readonly forMs: number; readonly reason: string }>>;
    /** `timeOf` turns what is so many ms ago into a time of Redis's clock. Told with each beat. */
    readonly state?: (timeOf: (msAgo: number) => number) => Promise<ProcessState>;
    readonly onSame?: () => void;
  };

type Beat = { readonly redis: Redis; readonly prefix: string; readonly logger: Logger };

/** Tells others every 5 s what this process runs, and logs how they differ. Nothing waits for it. */
export function announce(options: AnnounceOptions): { close(): Promise<void> } {
  const { app, version, settings, prefix, logger, failing = () => ({}), state, onSame = () => {} } = options;
  const redis = connectUnheard({ ...options, name: `ringback-${app}-process`, timeout: COMMAND_TIMEOUT_MS });
  const stopping = new AbortController();
  const id = randomUUID();
  const beat = { redis, prefix, logger };
  const reportDifference = createDifferenceReport({ app, logger, onSame });
  // On a cluster the keys of other prefixes are on other nodes.
  const reportPrefixes = options.cluster ? async () => {} : createPrefixReport(beat);
  const own = { id, app, version, host: hostname(), pid: process.pid };
  const since = createSettingsAge(settings.parts);
  const begunAt = performance.now();
  let startedAt: number | undefined;

  async function tell(): Promise<void> {
    startedAt ??= (await redisTime(redis)) - (performance.now() - begunAt);
    const now = startedAt + (performance.now() - begunAt);
    const parts = { 'version of Ringback': version, ...settings.parts() };
    const told = await state?.((msAgo) => now - msAgo);
    const how = { failing: sinceOf(failing(), now), ...(told && { state: told }) };
    await noteProcess(beat, { ...own, parts, startedAt, toldAt: now, settingsAt: now - since(), ...how });
    await reportDifference(await runningProcesses(beat));
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      await isReady(redis, BEAT_EVERY_MS);
      // Permissions may allow one and forbid the other.
      for (const work of [tell, reportPrefixes]) await work().catch(() => {});
      await delay(BEAT_EVERY_MS, undefined, { signal: stopping.signal }).catch(() => {});
    }
  }

  const ended = run();
  return {
    async close() {
      stopping.abort();
      await within(
        GOODBYE_MS,
        ended.then(() => forgetProcess(beat, id)).catch(() => {}),
      );
      redis.disconnect();
    },
  };
}

/** ms that the process has run the settings of the moment. */
function createSettingsAge(parts: () => unknown): () => number {
  let [seen, at] = [parts(), performance.now()];
  return () => {
    if (parts() !== seen) [seen, at] = [parts(), performance.now()];
    return performance.now() - at;
  };
}

function sinceOf(
  failing: ReturnType<NonNullable<AnnounceOptions['failing']>>,
  now: number,
): NonNullable<RunningProcess['failing']> {
  return Object.fromEntries(
    Object.entries(failing).map(([output, { forMs, reason }]) => [output, { since: now - forMs, reason }]),
  );
}

function createDifferenceReport({ app, logger, onSame }: Pick<Required<AnnounceOptions>, 'app' | 'logger' | 'onSame'>) {
  let told = '';
  return async (processes: readonly RunningProcess[]): Promise<void> => {
    const difference = settingsDifference(processes.filter((running) => running.app === app));
    // A restart changes which processes these are: that alone is no news.
    const news = difference ? JSON.stringify(difference.older.map(({ processes: _who, ...how }) => how)) : '';
    if (news === told) return;
    told = news;
    if (difference) {
      logger.warn({ code: 'RB_SETTINGS_DIFFER', ...difference }, `${app}s run different settings`);
    } else {
      logger.info({}, `all processes of the ${app} run the same settings again`);
      onSame();
    }
  };
}

function createPrefixReport({ redis, prefix, logger }: Beat) {
  const told = new Set<string>();
  let lookedAt = Number.NEGATIVE_INFINITY;
  let searched = false;
  return async (): Promise<void> => {
    if (performance.now() - lookedAt < LOOK_FOR_PREFIXES_EVERY_MS) return;
    lookedAt = performance.now();
    await notePrefix(redis, prefix);
    if (!searched) await findOlderPrefixes(redis);
    searched = true;
    const left = (await leftPrefixes(redis, prefix)).filter((found) => !told.has(found.prefix));
    for (const found of left) told.add(found.prefix);
    if (left.length === 0) return;
    const line = {
      code: 'RB_PREFIX_LEFT',
      prefix,
      left: left.slice(0, SHOWN_PREFIXES),
      more: Math.max(0, left.length - SHOWN_PREFIXES),
    };
    logger.warn(line, 'something waits under another redis.prefix, and no worker serves it');
  };
}
