import { type Logger as PinoLogger, pino } from 'pino';
import type { StdoutWriter } from './stdout-writer.ts';

type LogLevel = 'debug' | 'info' | 'warn' | 'error';

type LoggerOptions = { readonly app: string; readonly level: LogLevel; readonly stdout: StdoutWriter };

/**
 * The JSON logger of an app, on stdout: one line per event, ISO times, names for levels. Errors are reduced to type, code, message and stack, cause included:
 * the errors of Redis and HTTP clients carry whole commands and requests, and those hold callbacks. Lines for which there is no room are dropped, and their number is a line when there is room.
 */
export function createLogger({ app, level, stdout }: LoggerOptions): PinoLogger {
  const logger = pino(
    {
      level,
      base: { app },
      timestamp: createTimestamp(),
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeError, ...CENSORED },
    },
    { write: stdout.log },
  );
  // The highest level there is, so that it is told whatever `log.level` says.
  stdout.onDropped((lines) => logger.error({ code: 'RB_LOG_DROPPED', lines }, 'log lines were dropped'));
  return logger;
}

/** The time of a line, ISO 8601. Lines of one millisecond share the text, which takes longer to write than to look up. */
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

/** What must never be logged whole, should someone hand it over by mistake. By its name alone: pino's own `redact` copies every line to look into it, and took a tenth of the ingress. */
const CENSORED = Object.fromEntries(
  ['body', 'headers', 'sign', 'callback', 'request', 'delivery', 'payload'].map((name) => [name, () => '[redacted]']),
);

type ErrorFields = { type: string; message: string; code?: unknown; stack?: string | undefined; cause?: ErrorFields | undefined };

const MAX_MESSAGE = 500;
const MAX_PROBLEMS = 100_000;
const MAX_DEPTH = 5;

/** An error as fields that are safe to log. Anything else that was thrown is only named by its type. */
export function describeError(error: unknown, depth = 0): ErrorFields {
  if (!(error instanceof Error)) return { type: typeof error, message: 'not an error' };
  return {
    type: error.name,
    // Problems of settings name no value, and a person needs all of them.
    message: error.message.slice(0, 'code' in error && error.code === 'RB_CONFIG_INVALID' ? MAX_PROBLEMS : MAX_MESSAGE),
    ...('code' in error && { code: error.code }),
    ...(depth === 0 && { stack: error.stack?.replace(error.message, '…') }),
    ...(error.cause !== undefined && depth < MAX_DEPTH && { cause: describeError(error.cause, depth + 1) }),
  };
}
