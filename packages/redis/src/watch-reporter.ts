import type { Logger } from '@ringback/contracts';
import { createSkewReporter } from './clock-skew.ts';
import type { RedisClock } from './clock.ts';

type Reported = {
  readonly worth: string;
  readonly unmet: string | undefined;
  readonly tooOld: string | undefined;
  readonly overloaded: string | undefined;
  readonly nearlyFull: boolean;
};

/** One line for each change. */
export function createWatchReporter(logger: Logger, clock: RedisClock): (known: Reported) => void {
  const reportSkew = createSkewReporter(logger);
  let told: Reported | undefined;
  return (known) => {
    reportSkew(clock.ahead());
    if (known.worth !== told?.worth || known.unmet !== told.unmet) {
      if (known.unmet === undefined) logger.info({}, `an ack is worth: ${known.worth}`);
      else logger.error({ code: 'RB_DURABILITY_UNMET', reason: known.unmet, worth: known.worth }, 'redis keeps too little');
    }
    if (known.tooOld !== undefined && told?.tooOld === undefined)
      logger.error({ code: 'RB_REDIS_REFUSES', reason: known.tooOld }, 'redis is too old');
    const [was, is] = [told?.overloaded !== undefined, known.overloaded !== undefined];
    if (is && !was) logger.warn({ code: 'RB_OVERLOADED', reason: known.overloaded }, 'overload begins');
    if (was && !is) logger.info({}, 'overload is over');
    if (known.nearlyFull !== (told?.nearlyFull ?? false)) {
      if (known.nearlyFull) logger.warn({ code: 'RB_OVERLOADED' }, 'redis is nearly full');
      else logger.info({}, 'redis has room again');
    }
    told = known;
  };
}
