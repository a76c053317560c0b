/** ms. As long as the alerts of Prometheus look back. */
const LATELY_MS = 900_000;

/** Nothing says that it is over: it ends when there was none for 15 minutes. Times in ms since the epoch. */
export function isLately(time: number | undefined, at: number): boolean {
  return time !== undefined && at - time < LATELY_MS;
}
