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
 * After a failover we may be connected to a replica, and only a new connection finds the new primary.
 * If the name still leads to the replica, every command fails: so a connection is renewed only now and then.
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
