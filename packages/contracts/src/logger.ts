type Log = (fields: object, message: string) => void;

/** The part of pino's interface that the packages use. */
export type Logger = { readonly debug: Log; readonly info: Log; readonly warn: Log; readonly error: Log };

const unheard: Log = () => {};

export const SILENT: Logger = { debug: unheard, info: unheard, warn: unheard, error: unheard };
