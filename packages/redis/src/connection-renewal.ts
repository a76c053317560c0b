/** A connection is renewed at most this often, ms. */
const AT_MOST_EVERY_MS = 2000;

/** Renews a connection when Redis's answers ask for it. Each connection MUST have its own. */
export type Renewal = {
  /** ioredis's `reconnectOnError`. */
  readonly wanted: (error: Error) => boolean;
  /** True if the connection was renewed since the last call. Asked once it is closed or ready again. */
  readonly underWay: () => boolean;
};

/**
 * What a server says that is no primary of our keys any more: after a failover (a cluster's replica says MOVED), after
 * their slot has moved, or while it is cut off from the cluster. Only a new connection finds the primary.
 */
const NOT_THE_PRIMARY = ['READONLY', 'MOVED', 'CLUSTERDOWN', 'UNBLOCKED'];

/** If a new connection leads to the same server, every command fails: so it is renewed only now and then. */
export function createRenewal(now: () => number = () => performance.now()): Renewal {
  let renewedAt = -Infinity;
  let underWay = false;
  return {
    wanted(error) {
      if (!NOT_THE_PRIMARY.some((code) => error.message.startsWith(code)) || now() - renewedAt < AT_MOST_EVERY_MS) return false;
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
