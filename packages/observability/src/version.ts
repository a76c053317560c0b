import root from '../../../package.json' with { type: 'json' };

/** The version of all of Ringback's packages. */
export const VERSION: string = root.version;
