import { RingbackError } from '@ringback/contracts';

/** A sentinel turns the other replicas to a promoted one within some two seconds. */
const IN_DOUBT_MS = 10_000;

/** The replicas of the server that a connection leads to. */
export type Followers = {
  /** `host:port` of each, by INFO. */
  readonly note: (now: readonly string[]) => void;
  /** The server is another one. */
  readonly forget: () => void;
  /** One of them alone cannot be promoted unseen: then no replica is left to confirm a write. */
  readonly several: () => boolean;
  /**
   * A replica that left may have been promoted, while the others still confirm the writes of the old primary, which the
   * failover throws away. MUST be asked after WAIT, with INFO from after it. RB_DURABILITY_UNMET
   */
  readonly doubt: () => RingbackError | undefined;
};

export function createFollowers(now: () => number): Followers {
  const seenAt = new Map<string, number>();
  let notedAt = -Infinity;
  return {
    note(followers) {
      notedAt = now();
      for (const follower of followers) seenAt.set(follower, notedAt);
      for (const [follower, at] of seenAt) if (notedAt - at >= IN_DOUBT_MS) seenAt.delete(follower);
    },
    forget: () => seenAt.clear(),
    several: () => seenAt.size > 1,
    doubt() {
      const left = [...seenAt].find(([, at]) => at < notedAt && now() - at < IN_DOUBT_MS);
      if (left === undefined || seenAt.size === 1) return undefined;
      const reason = `the replica ${left[0]} follows Redis no more, so it may be the primary by now`;
      return new RingbackError('RB_DURABILITY_UNMET', `${reason}: send it again in ${IN_DOUBT_MS / 1000} s`);
    },
  };
}

/** Each replica, also one that has not caught up, as INFO replication names it. */
export function followersIn(info: string): string[] {
  return [...info.matchAll(/^slave\d+:ip=([^,]*),port=(\d+)/gm)].map(([, host = '', port = '']) => `${host}:${port}`);
}
