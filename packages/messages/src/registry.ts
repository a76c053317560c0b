import { describeCallbot } from './callbot/describe.ts';
import type { Describe } from './message.ts';

/** Messages by the `type:` of a source. Other sources get the message of `describeAny`. */
export const describers: ReadonlyMap<string, Describe> = new Map([['callbot', describeCallbot]]);
