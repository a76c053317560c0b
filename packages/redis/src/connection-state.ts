import type { Logger } from '@ringback/contracts';
import type { Redis } from 'ioredis';
import { placeText } from './address.ts';
import { diagnose, isAmbiguous } from './diagnosis.ts';
import { isTls, NETWORK, tellTrouble, type Trouble, troubleOf } from './trouble.ts';

/** A connection that comes and goes is one outage. */
const STAYS_FOR_MS = 1000;
const CLOSED = 'connection closed';

type Outage = { readonly since: number; readonly told: Set<string>; failures: number };

export type StateOptions = {
  readonly redis: Redis;
  readonly name: string;
  readonly logger: Logger;
  readonly renewing: () => boolean;
};

/** Logs the loss of the connection with its cause, a change of the cause, and the return. */
export function reportState({ redis, renewing, ...options }: StateOptions): void {
  const log = createOutageLog({ redis, ...options });
  const primary = createPrimaryLog({ redis, ...options });
  let wasReady = false;
  redis.on('error', (error: Error) => {
    void log.failed(error);
    // ioredis would use database 0 instead.
    if (error.message.startsWith('ERR DB index')) redis.disconnect(true);
  });
  // `close` comes as well when we close it.
  redis.on('reconnecting', () => {
    if (!renewing()) log.closed(wasReady);
    wasReady = false;
  });
  redis.on('ready', () => {
    wasReady = true;
    log.returned();
    primary();
  });
  redis.on('end', log.close);
}

/** True if the connection was away at any time since (`performance.now()`). */
export function createLossMemory(redis: Redis): (since: number) => boolean {
  let lostAt = -Infinity;
  redis.on('close', () => (lostAt = performance.now()));
  return (since) => redis.status !== 'ready' || lostAt >= since;
}

function createOutageLog({ redis, name, logger }: Omit<StateOptions, 'renewing'>) {
  let outage: Outage | undefined;
  const stay = createTimer(STAYS_FOR_MS);
  const find = createFinder(redis);

  function begin(): Outage {
    stay.clear();
    return (outage ??= { since: performance.now(), told: new Set(), failures: 0 });
  }

  function tell({ told }: Outage, trouble: Trouble): void {
    tellTrouble(redis, trouble);
    if (told.has(trouble.kind) || (trouble.kind === NETWORK && told.size > 0)) return;
    told.add(trouble.kind);
    logger.error({ code: 'RB_REDIS_UNAVAILABLE', connection: name, reason: trouble.reason }, 'redis is away');
  }

  async function failed(error: Error): Promise<void> {
    const current = begin();
    current.failures += 1;
    const trouble = await find(error);
    if (trouble !== undefined && current === outage) tell(current, trouble);
  }

  return {
    failed,
    closed(wasReady: boolean): void {
      const current = begin();
      if (wasReady) tell(current, { kind: NETWORK, reason: CLOSED });
      else if (current.failures === 0) void failed(new Error(CLOSED));
    },
    returned(): void {
      if (outage === undefined) return;
      const { since, failures, told } = outage;
      const seconds = Math.round(performance.now() - since) / 1000;
      stay.start(() => {
        outage = undefined;
        if (told.size > 0) logger.info({ connection: name, seconds, failures }, 'redis is back');
      });
    },
    close: stay.clear,
  };
}

function createPrimaryLog({ redis, name, logger }: Omit<StateOptions, 'renewing'>): () => void {
  let told: string | undefined;
  return () => {
    const { host = '', port = 0 } = redis.options;
    const place = placeText({ host, port });
    if (told !== undefined && told !== place) logger.info({ connection: name, primary: place }, 'redis has another primary');
    told = place;
  };
}

function createTimer(ms: number): { start: (run: () => void) => void; clear: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const clear = () => clearTimeout(timer);
  return {
    start(run) {
      clear();
      timer = setTimeout(run, ms).unref();
    },
    clear,
  };
}

/** Undefined while it is being found out. Never rejects. */
function createFinder(redis: Redis): (error: Error) => Promise<Trouble | undefined> {
  let diagnosing = false;
  return async (error) => {
    if (!isAmbiguous(redis, error)) return located(troubleOf(error), redis);
    if (diagnosing) return undefined;
    diagnosing = true;
    const trouble = await diagnose(redis, error);
    diagnosing = false;
    return located(trouble, redis);
  };
}

/** Certificates differ from server to server, so it is said whose is meant. */
function located(trouble: Trouble, { options: { host, port } }: Redis): Trouble {
  if (!isTls(trouble) || host === undefined || port === undefined) return trouble;
  return { ...trouble, reason: `${trouble.reason} (said by ${placeText({ host, port })})` };
}
