type Log = (fields: object, message: string) => void;

/** The part of pino's interface that the packages use. */
export type Logger = { readonly debug: Log; readonly info: Log; readonly warn: Log; readonly error: Log };

const ignore: Log = () => {};

export const SILENT: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };
