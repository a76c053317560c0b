import { describeCallbot } from './callbot/describe.ts';
import type { Describe } from './message.ts';

/** The messages of each source type, by the first part of a callback's type. */
export const describers: ReadonlyMap<string, Describe> = new Map([['callbot', describeCallbot]]);
