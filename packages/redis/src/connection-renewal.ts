const AT_MOST_EVERY_MS = 2000;

/** Each connection MUST have its own. */
export type Renewal = {
  readonly wanted: (error: Error) => boolean;
  /** True if renewed since the last call. */
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
