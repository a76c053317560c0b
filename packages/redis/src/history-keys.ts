/** The stream of events that wait for the history, and a hash: its bytes, and what was dropped of it. */
export const historyKeys = (prefix: string) => ({ stream: `${prefix}:history`, state: `${prefix}:history.state` });

/** Bytes of an entry of the stream beside its event, as the state counts them. */
export const HISTORY_OVERHEAD = 128;
