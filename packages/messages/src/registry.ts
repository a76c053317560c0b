import { describeCallbot } from './callbot/describe.ts';
import type { Describe } from './message.ts';

/** By the `type:` of a source. Others get `describeAny`. */
export const describers: ReadonlyMap<string, Describe> = new Map([['callbot', describeCallbot]]);
