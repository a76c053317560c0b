import { type Logger, RingbackError } from '@ringback/contracts';
import { onTrouble, type Trouble } from './trouble.ts';
import { createWriteProbe, type WriteProbeOptions } from './write-probe.ts';

export type WriteWatch = {
  /** Writes now. True if Redis answered, even with a refusal. Never rejects. */
  readonly probe: () => Promise<boolean>;
  /** RB_REDIS_UNAVAILABLE. */
  readonly away: () => RingbackError;
  readonly refusal: () => Trouble | undefined;
  close(): void;
};

export function createWriteWatch(options: WriteProbeOptions & { readonly logger: Logger }): WriteWatch {
  const { redis } = options;
  const write = createWriteProbe(options);
  const report = createReporter(options.logger);
  let refusal: Trouble | undefined;
  let loss: Trouble | undefined;
  let probing: Promise<boolean> | undefined;

  async function ask(): Promise<boolean> {
    try {
      report((refusal = await write()));
      return true;
    } catch {
      return false;
    }
  }

  const forgetLoss = () => (loss = undefined);
  const notDeaf = onTrouble(redis, (trouble) => (loss = trouble));
  redis.on('ready', forgetLoss);

  return {
    probe() {
      // A command would only queue.
      if (redis.status !== 'ready') return Promise.resolve(false);
      probing ??= ask().finally(() => (probing = undefined));
      return probing;
    },
    refusal: () => refusal,
    away() {
      // We may have closed the connection because Redis refuses writes.
      const reason = loss?.reason ?? refusal?.reason;
      return new RingbackError(
        'RB_REDIS_UNAVAILABLE',
        reason === undefined ? 'Redis does not answer' : `Redis does not answer: ${reason}`,
      );
    },
    close() {
      notDeaf();
      redis.off('ready', forgetLoss);
    },
  };
}

function createReporter(logger: Logger): (refusal: Trouble | undefined) => void {
  let told: Trouble | undefined;
  let since = 0;
  return (refusal) => {
    if (refusal !== undefined && refusal.reason !== told?.reason) {
      if (told === undefined) since = performance.now();
      logger.error({ code: 'RB_REDIS_REFUSES', reason: refusal.reason }, 'redis refuses what ringback needs');
    }
    if (refusal === undefined && told !== undefined) {
      logger.info({ seconds: Math.round(performance.now() - since) / 1000 }, 'redis takes writes again');
    }
    told = refusal;
  };
}
