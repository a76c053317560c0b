type Log = (fields: object, message: string) => void;

/** The part of pino's interface that the packages use. */
export type Logger = { readonly debug: Log; readonly info: Log; readonly warn: Log; readonly error: Log };

const ignore: Log = () => {};

export const SILENT: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };

/** Each line says which shard it is about, unless there is only one. */
export function loggerOfShard(logger: Logger, { shard, shards }: { shard: number; shards: number }): Logger {
  if (shards === 1) return logger;
  return {
    debug: (fields, message) => logger.debug({ shard, ...fields }, message),
    info: (fields, message) => logger.info({ shard, ...fields }, message),
    warn: (fields, message) => logger.warn({ shard, ...fields }, message),
    error: (fields, message) => logger.error({ shard, ...fields }, message),
  };
}
