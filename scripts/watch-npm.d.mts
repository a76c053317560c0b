/** Watches the npm that runs this process. The function that it returns takes a callback, which is called once when npm is gone. */
export function watchNpm(): (onGone: () => void) => void;
