/** The stream of events that wait for the history, and a hash: its bytes, and what was dropped of it. */
export const historyKeys = (prefix: string) => ({ stream: `${prefix}:history`, state: `${prefix}:history.state` });
