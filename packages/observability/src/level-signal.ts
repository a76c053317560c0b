import type { Logger } from '@ringback/contracts';

type Level = 'debug' | 'info' | 'warn' | 'error';

/** pino's: what is assigned to `level` counts from then on. */
type Levelled = Pick<Logger, 'info'> & { level: string };

/** SIGUSR1 starts Node's debugger. */
const SIGNAL = 'SIGUSR2';

/**
 * SIGUSR2 switches between `debug` and the level of the settings. Another level that is assigned meanwhile counts, and
 * the next signal switches from there. `levelOf`: of the settings, now. Returns the logger.
 */
export function switchLevelBySignal<L extends Levelled>(logger: L, levelOf: () => Level): L {
  process.on(SIGNAL, () => {
    const level = logger.level === 'debug' ? levelOf() : 'debug';
    // Said while `debug` holds: no other level hides it.
    logger.level = 'debug';
    logger.info({ signal: SIGNAL, logLevel: level }, 'the log level was switched');
    logger.level = level;
  });
  return logger;
}
