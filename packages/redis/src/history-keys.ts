import { latelyKey } from './lately.ts';

/** `stream`: events that wait for the history. `state`: their bytes, and what was dropped. `lately`: when. */
export const historyKeys = (prefix: string) => ({
  stream: `${prefix}:history`,
  state: `${prefix}:history.state`,
  lately: latelyKey(prefix),
});

/** Bytes of an entry of the stream beside its event, as the state counts them. */
export const HISTORY_OVERHEAD = 128;
