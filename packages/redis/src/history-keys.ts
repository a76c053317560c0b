import { latelyKey } from './lately.ts';

/** The stream of events that wait for the history; a hash: its bytes, and what was dropped of it; and where it is noted when. */
export const historyKeys = (prefix: string) => ({
  stream: `${prefix}:history`,
  state: `${prefix}:history.state`,
  lately: latelyKey(prefix),
});

/** Bytes of an entry of the stream beside its event, as the state counts them. */
export const HISTORY_OVERHEAD = 128;
