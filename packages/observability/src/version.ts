import root from '../../../package.json' with { type: 'json' };

/** Ringback's version. All of its packages share it. */
export const VERSION: string = root.version;
