import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/**
 * The JSON logger of an app, on stdout: one line per event, ISO times, names for levels. Errors are reduced to type, code, message and stack, cause included:
 * the errors of Redis and HTTP clients carry whole commands and requests, and those hold callbacks.
 */
export function createLogger({ app, level }: { app: string; level: LogLevel }): PinoLogger {
  return pino(
    {
      level,
      base: { app },
      timestamp: createTimestamp(),
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeError, ...CENSORED },
    },
    perTurn(pino.destination(1)),
  );
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

/** Lines of one turn of the event loop go out in one write, which halves what a line costs. Nothing waits for longer, and what is left when the process exits is written then. */
function perTurn(destination: { write(text: string): unknown }): DestinationStream {
  let lines = '';
  function flush(): void {
    if (lines === '') return;
    destination.write(lines);
    lines = '';
  }
  process.on('exit', flush);
  return {
    write(line) {
      if (lines === '') setImmediate(flush);
      lines += line;
    },
  };
}

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
