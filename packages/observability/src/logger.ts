import { type Logger as PinoLogger, pino } from 'pino';
import type { StdoutWriter } from './stdout-writer.ts';

type LogLevel = 'debug' | 'info' | 'warn' | 'error';

type LoggerOptions = {
  readonly app: string;
  readonly level: LogLevel;
  readonly stdout: StdoutWriter;
  /** Of a line. Absent: it is written as it is. */
  readonly mask?: ((line: string) => string) | undefined;
};

/**
 * Logs only type, code, message and stack of errors, with causes: Redis and HTTP errors hold callbacks. Lines
 * without room are dropped and counted.
 */
export function createLogger({ app, level, stdout, mask }: LoggerOptions): PinoLogger {
  const logger = pino(
    {
      level,
      base: { app },
      timestamp: createTimestamp(),
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeError, ...CENSORED },
    },
    { write: mask ? (line) => stdout.log(mask(line)) : stdout.log },
  );
  // No `log.level` is above error, so this is never hidden.
  stdout.onDropped((lines) => logger.error({ code: 'RB_LOG_DROPPED', lines }, 'log lines were dropped'));
  return logger;
}

/** Cached for each millisecond: formatting costs more than the lookup. */
function createTimestamp(): () => string {
  let at = 0;
  let text = '';
  return () => {
    const now = Date.now();
    if (now !== at) text = `,"time":"${new Date(now).toISOString()}"`;
    at = now;
    return text;
  };
}

/** By name: pino's `redact` copies every line and took a tenth of the ingress. */
const CENSORED = Object.fromEntries(
  ['body', 'headers', 'sign', 'callback', 'request', 'delivery', 'payload'].map((name) => [name, () => '[redacted]']),
);

type ErrorFields = { type: string; message: string; code?: unknown; stack?: string | undefined; cause?: ErrorFields | undefined };

const MAX_MESSAGE = 500;
const MAX_PROBLEMS = 100_000;
const MAX_DEPTH = 5;

export function describeError(error: unknown, depth = 0): ErrorFields {
  if (!(error instanceof Error)) return { type: typeof error, message: 'not an error' };
  return {
    type: error.name,
    // Settings errors hold no values, and the operator needs all of them.
    message: error.message.slice(0, 'code' in error && error.code === 'RB_CONFIG_INVALID' ? MAX_PROBLEMS : MAX_MESSAGE),
    ...('code' in error && { code: error.code }),
    ...(depth === 0 && { stack: error.stack?.replace(error.message, '…') }),
    ...(error.cause !== undefined && depth < MAX_DEPTH && { cause: describeError(error.cause, depth + 1) }),
  };
}
