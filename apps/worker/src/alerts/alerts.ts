import { randomUUID } from 'node:crypto';
import type { Config } from '@ringback/config';
import { type Logger, RingbackError } from '@ringback/contracts';
import { type AlertLook, type AlertOptions, createAlertState, lookForAlerts } from '@ringback/operations';
import { within } from '@ringback/pacing';
import { type BodyCodec, createBodyCodec, sealStored } from '@ringback/privacy';
import { createBodies } from '@ringback/queue';
import { createHistoryEvents } from '../history/events.ts';
import { repeatLook } from '../repeated-look.ts';
import type { OpenShard } from '../shard/shard.ts';
import { inTime, missingInTime, stateInTime } from './in-time.ts';
import { type AwayOptions, createAwayAlert, type LookEnd } from './redis-away.ts';
import { createLookReport } from './report-looks.ts';

/** ms between two looks whether there are `alerts` in the settings now. */
const LOOK_AT_SETTINGS_MS = 5000;
/** ms at the end, for another worker to look at once. */
const GOODBYE_MS = 500;

type AlertedSettings = Pick<Config, 'alerts' | 'privacy'> & {
  readonly redis: Pick<Config['redis'], 'durability' | 'overload'>;
  readonly outputs: readonly { readonly name: string; readonly delivery: { readonly rateLimit?: unknown } }[];
};

export type AlertsOptions = {
  /** As of now: they may change while the worker runs. */
  readonly settings: () => AlertedSettings;
  /** All, by number. */
  readonly shards: readonly OpenShard[];
  /** Told without Redis, if it is away. */
  readonly outputs: AwayOptions['outputs'];
  readonly counted: Parameters<typeof createLookReport>[0]['count'];
  /** Monotonic, ms. */
  readonly now: () => number;
  readonly logger: Logger;
};

/** Looks for problems, beside the way of callbacks. Without `alerts` in the settings it sends no command. */
export function startAlerts(options: AlertsOptions): { close(): Promise<void> } {
  const { settings, shards, outputs: told, counted: count, now, logger } = options;
  const [home] = shards;
  if (home === undefined) throw new RangeError('there is no shard 0');
  const report = createLookReport({ logger, count, now });
  const state = createAlertState({
    ...home.access,
    id: randomUUID(),
    damaged: (what) => logger.warn(what, 'what Redis remembered of alerts was damaged, and is thrown away'),
  });
  const place = nameOf(home, shards);
  const away = createAwayAlert({ place, shards: shards.length, outputs: told, now: home.clock.now, logger });
  const looking = lookingOf(options, home, stateInTime(place, state));
  let looked = false;

  async function look(): Promise<number> {
    const { alerts, redis, outputs: all } = settings();
    if (alerts === undefined) return LOOK_AT_SETTINGS_MS;
    looked = true;
    const outputs = all.map(({ name, delivery }) => ({ name, limited: delivery.rateLimit !== undefined }));
    const found = lookForAlerts(looking, { alerts, memory: redis.overload.memory.high, outputs });
    await report.of(found);
    await away.looked(await endOf(found), alerts);
    return alerts.every;
  }

  const looks = repeatLook({ look });
  return {
    async close() {
      looks.close();
      const resigned = looked ? state.resign().catch(() => {}) : Promise.resolve();
      await within(GOODBYE_MS, resigned);
    },
  };
}

async function endOf(look: Promise<AlertLook>): Promise<LookEnd> {
  try {
    return (await look).looked ? 'leads' : 'follows';
  } catch (error) {
    return error instanceof RingbackError && error.code === 'RB_REDIS_UNAVAILABLE' ? 'away' : 'failed';
  }
}

const nameOf = ({ number }: OpenShard, { length }: readonly OpenShard[]) => (length === 1 ? 'Redis' : `shard ${number}`);

function lookingOf({ settings, shards, logger }: AlertsOptions, home: OpenShard, state: AlertOptions['state']): AlertOptions {
  const { seal } = createBodyCodec(() => settings().privacy?.encrypt);
  return {
    state,
    places: placesOf(shards),
    write: shards.map((shard) => writeTo(shard, nameOf(shard, shards), seal)),
    durability: settings().redis.durability,
    now: home.clock.now,
    missing: missingInTime,
    record: recordIn(home, nameOf(home, shards), seal),
    logger,
  };
}

function placesOf(shards: readonly OpenShard[]): AlertOptions['places'] {
  return {
    shardCount: shards.length,
    shards: shards.map(({ number, access }) => ({ number, ...access })),
    history: undefined,
  };
}

/** An alert is no acked callback: it is not worth waiting until replicas have it. */
function writeTo({ access }: OpenShard, place: string, seal: BodyCodec['seal']): AlertOptions['write'][number] {
  const bodies = createBodies(access);
  return {
    bodies: { store: (request) => inTime(place, bodies.store(sealStored(request, seal))) },
    confirm: async () => {},
  };
}

/** As a dispatched batch, so that `trace` and `search` find it. Undefined: there is no history. */
function recordIn({ handOver, clock }: OpenShard, place: string, seal: BodyCodec['seal']): AlertOptions['record'] {
  if (handOver === undefined) return undefined;
  const history = createHistoryEvents({ handOver, settings: '', answers: 0, now: clock.now });
  return async ({ batch, callback, to }) => {
    const none = { businessDuplicates: [], duplicates: [], conflicts: [] };
    const fates = [{ routes: [], to: [...to] }];
    const at = Math.round(clock.now());
    await inTime(place, history.dispatched({ batch, again: false, at, fresh: [seal(callback)], fates, ...none }));
  };
}
