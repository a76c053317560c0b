/** A connection is renewed at most this often, ms. */
const AT_MOST_EVERY_MS = 2000;

/** Renews a connection because of what Redis answers. Each connection MUST have its own. */
export type Renewal = {
  /** ioredis's `reconnectOnError`. */
  readonly wanted: (error: Error) => boolean;
  /** True from there on until it is asked, once the connection is closed or ready again. */
  readonly underWay: () => boolean;
};

/**
 * A failover leaves us on a replica, and only a new connection finds the new primary. Where the name leads to the replica still, every command fails, and renewing the connection for
 * each of them would be all that is done.
 */
export function createRenewal(now: () => number = () => performance.now()): Renewal {
  let renewedAt = -Infinity;
  let underWay = false;
  return {
    wanted(error) {
      if (!error.message.startsWith('READONLY') || now() - renewedAt < AT_MOST_EVERY_MS) return false;
      renewedAt = now();
      underWay = true;
      return true;
    },
    underWay() {
      const was = underWay;
      underWay = false;
      return was;
    },
  };
}
